"""Two more parsers: `server.py multipart` or `server.py werkzeug`. Prints its port; answers as servers.mjs does."""

import hashlib
import json
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server


def with_multipart(environ):
    import multipart

    form, files = multipart.parse_form_data(environ, strict=True, spool_limit=1 << 20)
    return form.iterallitems(), [(name, part.filename, part.content_type, part.file.read()) for name, part in files.iterallitems()]


def with_werkzeug(environ):
    from werkzeug.wrappers import Request

    request = Request(environ)
    files = [(name, part.filename, part.mimetype, part.stream.read()) for name, part in request.files.items(multi=True)]
    return request.form.items(multi=True), files


PARSE = {"multipart": with_multipart, "werkzeug": with_werkzeug}[sys.argv[1]]


def answer(environ, start_response):
    try:
        fields, files = PARSE(environ)
        seen = {
            "fields": list(fields),
            "files": [
                {"field": field, "name": name, "type": kind, "sha256": hashlib.sha256(data).hexdigest()}
                for field, name, kind, data in files
            ],
        }
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(seen).encode()]
    except Exception as error:
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [f"{type(error).__name__}: {error}".encode()]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


server = make_server("127.0.0.1", 0, answer, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
