"""Faults to order: a web server on this machine that fails, and bytes that are damaged.

The mode of failing is in the path: ``/403/name`` answers 403, ``/trunc/half/name`` sends half
of the file, and so on. What is slow is so until the server stops: nobody who waits for it can be
too slow to notice, on any machine.
"""

import gzip
import random
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATUS = ["403", "404", "429", "500", "503"]
QUICK = [  # modes after which the file has not arrived, told apart at once
    *STATUS,
    "rst",
    "garbage",
    "trunc/0",
    "trunc/1",
    "trunc/half",
    "trunc/last",
    "long",
    "short",
    "empty",
    "html",
    "flip",
    "other",
    "endless",
    "chunk",
    "bomb",
    "encoded",
    "loop",
    "hops/6",
    "downgrade",
    "file",
    "nowhere",
]
SLOW = ["mute", "stall", "drip"]  # the same, found out by waiting
GOOD = ["ok", "repacked", "polite", "hops/1", "hops/5", "503-then-ok", "rst-then-ok"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *args):
        pass

    def do_GET(self):
        *mode, name = self.path.strip("/").split("/")
        self.server.asked.append("/".join(mode))
        self.answer(mode[0], mode[1] if len(mode) > 1 else "", name)

    def send(self, body, *, status=200, length=None, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def reset(self):
        """End the connection so that the other side sees a reset, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def answer(self, mode, detail, name):
        base, body = self.server.base, self.server.files.get(name, b"")
        size, half = len(body), len(body) // 2
        first_time = self.server.asked.count(mode) == 1
        if mode in STATUS:
            self.send(b"no", status=int(mode), length=2)
        elif mode == "503-then-ok" and first_time:
            self.send(b"no", status=503, length=2)
        elif mode == "rst" or (mode == "rst-then-ok" and first_time):
            self.reset()
        elif mode in ("ok", "503-then-ok", "rst-then-ok"):
            self.send(body, length=size)
        elif mode == "repacked":
            again = gzip.compress(gzip.decompress(body), compresslevel=1, mtime=1)
            self.send(again, length=len(again))
        elif mode == "polite":  # announces a packing where the client knows it
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                self.send(body, Content_Encoding="gzip", length=size)
            else:
                self.send(body, length=size)
        elif mode == "garbage":
            self.wfile.write(b"\x00\xff this is not HTTP\r\n\r\n")
        elif mode == "trunc":
            cut = {"0": 0, "1": 1, "half": half, "last": size - 1}[detail]
            self.send(body[:cut], length=size)
        elif mode == "long":
            self.send(body + b"<!-- more -->", length=size + 13)
        elif mode == "short":
            self.send(body, length=half)
        elif mode == "empty":
            self.send(b"", length=0)
        elif mode == "html":
            self.send(b"<html>Quota exceeded, please log in</html>", Content_Type="text/html")
        elif mode == "flip":
            self.send(body[:half] + bytes([body[half] ^ 4]) + body[half + 1 :], length=size)
        elif mode == "other":  # whole and well-formed, but not the file that is pinned
            raw = bytearray(gzip.decompress(body))
            raw[-1] ^= 1
            self.send(gzip.compress(bytes(raw)))
        elif mode == "endless":
            self.send(b"")
            for _ in range(400):
                self.wfile.write(bytes(2**16))
        elif mode == "chunk":
            self.protocol_version = "HTTP/1.1"
            self.send(b"5\r\nhello\r\nxyz\r\n", Transfer_Encoding="chunked")
            self.close_connection = True
        elif mode == "bomb":
            self.send(gzip.compress(bytes(2**25)))
        elif mode == "encoded":  # the client is told to unpack what it should keep packed
            self.send(body, Content_Encoding="gzip", length=size)
        elif mode == "mute":
            self.server.stopping.wait()
        elif mode == "stall":
            self.send(body[:half], length=size)
            self.server.stopping.wait()
        elif mode == "drip":  # the last byte never comes
            self.send(b"", length=size)
            for at in range(size - 1):
                self.wfile.write(body[at : at + 1])
                if self.server.stopping.wait(0.05):
                    break
            self.server.stopping.wait()
        else:
            target = {
                "loop": f"{base}loop/{name}",
                "downgrade": f"{base.replace('127.0.0.1', 'localhost')}ok/{name}",
                "file": "file:///etc/hostname",
                "nowhere": "",
                "hops": f"{base}hops/{int(detail or 1) - 1}/{name}",
            }[mode]
            if mode == "hops" and detail == "1":
                target = f"/ok/{name}"  # a relative one
            self.send(b"moved", status=302, length=5, Location=target)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # the client has gone: most tests make it do so


@contextmanager
def serve(files):
    """Serve ``files`` (name: bytes); yields a server with ``base``, its URL, and ``asked``."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.files, server.asked, server.stopping = files, [], threading.Event()
    server.base = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Return data damaged in one to three places: for volume; Hypothesis is for clever cases."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at, end = sorted((rng.randrange(len(out) + 1), rng.randrange(len(out) + 1)))
        kind = rng.randrange(7)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at:at] = rng.randbytes(rng.randint(1, 8))
        elif kind == 2:
            del out[at:end]
        elif kind == 3:
            del out[at:]
        elif kind == 4:
            out[at:at] = out[at:end]
        elif kind == 5:  # an extreme number, near the head, where sizes stand
            at = rng.randrange(min(64, len(out) + 1))
            out[at : at + 4] = rng.choice([b"\0\0\0\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\1"])
        else:
            out[at:end] = bytes(end - at)
    return bytes(out)
