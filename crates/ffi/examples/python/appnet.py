"""appnet for Python: the functions of appnet.h by ctypes.

The folder of the library is in the environment variable APPNET_LIBRARY, or the library is where the system looks. Bytes of events are copied into
Python's own; bytes that are sent are copied by the library.
"""

import ctypes
import enum
import json
import os
import sys

NAME = {"darwin": "libappnet_ffi.dylib", "win32": "appnet_ffi.dll"}.get(sys.platform, "libappnet_ffi.so")
FOREVER = 2**64 - 1


class Code(enum.IntEnum):
    """AppnetCode"""

    OK = 0
    TIMED_OUT = 1
    ENDED = 2
    INVALID_ARGUMENT = 10
    INVALID_CONFIG = 11
    UNKNOWN_HANDLE = 12
    NOT_STARTED = 13
    ALREADY_RUNNING = 14
    DIRECTORY_UNUSABLE = 15
    EVENTS_TAKEN = 16
    CLOSED = 20
    BUSY = 21
    FULL = 22
    RESTARTING = 23
    PANICKED = 90


class AppnetError(Exception):
    """A call that was not done: its code, its text, and of a `send` the event that came in its place."""

    def __init__(self, code, text, answer=None):
        super().__init__(text)
        self.code, self.answer = code, answer


class _Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    def take(self):
        """The text as Python's own; the library gets its back."""
        text = ctypes.string_at(self.data, self.length).decode() if self.data else ""
        _library.appnet_text_free(ctypes.byref(self))
        return text


class _Attachment(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_char_p),
        ("length", ctypes.c_size_t),
        ("release", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
    ]


class _Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("json", ctypes.c_void_p),
        ("json_length", ctypes.c_size_t),
        ("attachments", ctypes.POINTER(_Bytes)),
        ("attachment_count", ctypes.c_size_t),
    ]

    def read(self):
        """Its JSON as an object, and its attachments."""
        parts = self.attachments[: self.attachment_count] if self.attachment_count else []
        attachments = [ctypes.string_at(part.data, part.length) for part in parts]
        return json.loads(ctypes.string_at(self.json, self.json_length)), attachments


_Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.POINTER(_Event))
_Observer = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def _load():
    library = ctypes.CDLL(os.path.join(os.environ.get("APPNET_LIBRARY", ""), NAME))
    handle, text, size, context = ctypes.c_uint64, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p
    error, event = ctypes.POINTER(_Text), ctypes.POINTER(ctypes.POINTER(_Event))
    for name, arguments in {
        "start": [text, size, _Observer, context, ctypes.POINTER(handle), error],
        "launch": [handle, text, size, text, size, _Callback, context, ctypes.POINTER(handle), error],
        "send": [handle, text, size, ctypes.POINTER(_Attachment), size, event, error],
        "next_event": [handle, ctypes.c_uint64, event, error],
        "enter_background": [handle, ctypes.c_bool, error],
        "enter_foreground": [handle, error],
        "configure": [handle, text, size, error],
        "set_connectivity": [handle, text, size, error],
        "close": [handle, error, error],
        "shut_down": [handle, error],
    }.items():
        function = getattr(library, f"appnet_{name}")
        function.argtypes, function.restype = arguments, ctypes.c_int32
    library.appnet_text_free.argtypes, library.appnet_text_free.restype = [error], None
    library.appnet_event_free.argtypes, library.appnet_event_free.restype = [ctypes.POINTER(_Event)], None
    library.appnet_version.restype = ctypes.c_char_p
    return library


_library = _load()


def version():
    return _library.appnet_version().decode()


def _call(name, *arguments, good=(Code.OK,), answer=None):
    error = _Text()
    code = Code(getattr(_library, f"appnet_{name}")(*arguments, ctypes.byref(error)))
    text = error.take()
    if code not in good:
        raise AppnetError(code, text, _take(answer) if answer else None)
    return code


def _take(event):
    """What an event of ours says; the library gets it back."""
    if not event:
        return None
    read = event.contents.read()
    _library.appnet_event_free(event)
    return read


def _encoded(value):
    return json.dumps(value, ensure_ascii=False).encode()


class Network:
    """A network; `observer` is shown the record of each call, on a thread of the network."""

    def __init__(self, config=None, observer=None):
        def observe(_, record, length):
            observer(json.loads(ctypes.string_at(record, length)))

        # Held as long as the library may call it.
        self._observer = _Observer(observe) if observer else _Observer()
        handle, config = ctypes.c_uint64(), _encoded(config or {})
        _call("start", config, len(config), self._observer, None, ctypes.byref(handle))
        self.handle, self._apps = handle.value, []

    def launch(self, config, directory="", callback=None):
        """Launches an app. `callback(event, attachments)` hears its events on a thread of the library, and at the end `(None, [])`; without one
        they are taken by `next_event`."""

        def hear(_context, _app, event):
            callback(*(event.contents.read() if event else (None, [])))

        kept = _Callback(hear) if callback else _Callback()
        handle, config, directory = ctypes.c_uint64(), _encoded(config), os.fsencode(directory)
        place = ctypes.byref(handle)
        _call("launch", self.handle, config, len(config), directory, len(directory), kept, None, place)
        self._apps.append(kept)
        return App(handle.value)

    def set_connectivity(self, connectivity):
        connectivity = _encoded(connectivity)
        _call("set_connectivity", self.handle, connectivity, len(connectivity))

    def shut_down(self):
        """Returns when every callback has heard its end."""
        _call("shut_down", self.handle)


class App:
    """An app that was launched."""

    def __init__(self, handle):
        self.handle = handle

    def send(self, message, attachments=()):
        """Hands over one message of the bus."""
        text, answer = _encoded(message), ctypes.POINTER(_Event)()
        parts = (_Attachment * len(attachments))(*(_Attachment(part, len(part)) for part in attachments))
        _call("send", self.handle, text, len(text), parts, len(parts), ctypes.byref(answer), answer=answer)

    def next_event(self, milliseconds=FOREVER):
        """The next event and its attachments; `None` once the app is closed and all was taken. TimeoutError if none comes in time."""
        event = ctypes.POINTER(_Event)()
        good = (Code.OK, Code.TIMED_OUT, Code.ENDED)
        code = _call("next_event", self.handle, milliseconds, ctypes.byref(event), good=good)
        if code == Code.TIMED_OUT:
            raise TimeoutError(f"no event in {milliseconds} ms")
        return _take(event)

    def enter_background(self, pinned=False):
        _call("enter_background", self.handle, pinned)

    def enter_foreground(self):
        _call("enter_foreground", self.handle)

    def configure(self, config):
        config = _encoded(config)
        _call("configure", self.handle, config, len(config))

    def close(self):
        """Ends the app and everything it has; gives the tasks that this ended."""
        report = _Text()
        _call("close", self.handle, ctypes.byref(report))
        return json.loads(report.take())
