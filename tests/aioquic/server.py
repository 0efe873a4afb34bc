"""An origin by aioquic: HTTP/3 on a UDP port, and on the TCP port of the same number one that says so (RFC 7838).

Usage: server.py FOLDER. Writes ca.pem and port into the folder, and serves until it is stopped.
GET /bytes/N answers with N bytes; any other path echoes the body, or the path if there is none.
"""

import asyncio
import datetime
import pathlib
import ssl
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "api.example.com"


def certificates(folder):
    """A root, and a certificate of it for HOST."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def build(name, issuer, key, signer, extensions):
        named = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=30))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    pem = serialization.Encoding.PEM
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    root = build("root", "root", root_key, root_key, [(x509.BasicConstraints(True, None), True), (usage, True)])
    server = [
        (x509.SubjectAlternativeName([x509.DNSName(HOST)]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    ]
    leaf = build(HOST, "root", key, root_key, server)
    plain = serialization.NoEncryption()
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


class Origin(QuicConnectionProtocol):
    http = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.requests = {}

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        if self.http is None:
            return
        for received in self.http.handle_event(event):
            if isinstance(received, HeadersReceived):
                self.requests[received.stream_id] = (dict(received.headers), bytearray())
            if isinstance(received, DataReceived):
                self.requests[received.stream_id][1].extend(received.data)
            if getattr(received, "stream_ended", False):
                self.answer(received.stream_id)

    def answer(self, stream):
        headers, body = self.requests.pop(stream)
        path = headers[b":path"].decode()
        if path.startswith("/bytes/"):
            body = b"x" * int(path.removeprefix("/bytes/"))
        body = bytes(body) or path.encode()
        length = str(len(body)).encode()
        bare = headers[b":method"] == b"HEAD"
        fields = [(b":status", b"200"), (b"server", b"aioquic"), (b"content-length", length)]
        self.http.send_headers(stream, fields, end_stream=bare)
        if not bare:
            self.http.send_data(stream, body, end_stream=True)
        self.transmit()


async def over_tcp(port, reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        f'HTTP/1.1 200 OK\r\nAlt-Svc: h3=":{port}"\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntcp'.encode()
    )
    await writer.drain()
    writer.close()


async def main(folder):
    certificates(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "leaf.pem", folder / "key.pem")
    port = None
    tcp = await asyncio.start_server(lambda r, w: over_tcp(port, r, w), "127.0.0.1", 0, ssl=tls)
    port = tcp.sockets[0].getsockname()[1]
    quic = QuicConfiguration(alpn_protocols=H3_ALPN, is_client=False)
    quic.load_cert_chain(folder / "leaf.pem", folder / "key.pem")
    await serve("127.0.0.1", port, configuration=quic, create_protocol=Origin)
    (folder / "port").write_text(str(port))
    await asyncio.Future()


asyncio.run(main(pathlib.Path(sys.argv[1])))
