"""A web server on 127.0.0.1 that serves a folder and misbehaves as told.

    download_server.py FOLDER PORT_FILE LOG_FILE

Writes its port to PORT_FILE once it listens. Before each answer it looks for FOLDER/PATH.acts: one act a
line, the nth request of that path gets the nth line, the last one all that follow; without the file the
act is `ok`. Each request is a line of LOG_FILE: path, Range, If-Range (`-` where there is none), ms; LOG_FILE.most has
the most `late` answers on their way at once. With CERTIFICATE and KEY set it speaks TLS. No answer
is endless in truth: what has no end ends after 64 MiB or 60 s.
"""

import hashlib
import os
import re
import socketserver
import ssl
import sys
import threading
import time

FOLDER, PORT_FILE, LOG_FILE = sys.argv[1:4]
ENDLESS_BYTES = 64 << 20
counts = {}
lock = threading.Lock()


class Handler(socketserver.StreamRequestHandler):
    timeout = 60
    late = 0  # answers that are late now
    most = 0  # at once so far

    def handle(self):
        try:
            while self.one_request():
                pass
        except OSError:
            pass  # the client has gone

    def one_request(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        heads = {}
        while True:
            head = self.rfile.readline(65536).decode("latin-1").strip()
            if not head:
                break
            name, _, value = head.partition(":")
            heads[name.lower()] = value.strip()
        if len(line) != 3 or line[0] != "GET" or ".." in line[1]:
            return False
        path = line[1].lstrip("/")
        with lock:
            counts[path] = counts.get(path, 0) + 1
            count = counts[path]
            with open(LOG_FILE, "a", encoding="ascii") as log:
                log.write(f"{path} {heads.get('range', '-')} {heads.get('if-range', '-')} "
                          f"{time.monotonic_ns() // 1000000}\n")
        acts = ["ok"]
        if os.path.exists(f"{FOLDER}/{path}.acts"):
            with open(f"{FOLDER}/{path}.acts", encoding="ascii") as file:
                acts = file.read().split()
        act, _, value = acts[min(count, len(acts)) - 1].partition(":")
        body = b""
        if os.path.isfile(f"{FOLDER}/{path}"):
            with open(f"{FOLDER}/{path}", "rb") as file:
                body = file.read()
        elif act in ("ok", "cut", "late"):
            act, value = "status", "404"
        return getattr(self, "act_" + act.replace("-", "_"))(body, heads, value)

    def send(self, status, heads, body=b""):
        text = f"HTTP/1.1 {status} x\r\n" + "".join(f"{h}\r\n" for h in heads) + "\r\n"
        self.wfile.write(text.encode("latin-1") + body)
        return True

    @staticmethod
    def tag(body):
        return '"' + hashlib.sha256(body).hexdigest()[:16] + '"'

    def wanted(self, body, heads):
        """The offset asked for; 0 where the whole is to be sent."""
        match = re.fullmatch(r"bytes=(\d+)-", heads.get("range", ""))
        if not match or heads.get("if-range", self.tag(body)) != self.tag(body):
            return 0
        return int(match.group(1))

    def act_ok(self, body, heads, _, cut=None):
        offset = self.wanted(body, heads)
        size = len(body)
        if offset >= size > 0:
            return self.send(416, [f"Content-Range: bytes */{size}", "Content-Length: 0"])
        lines = [f"Content-Length: {size - offset}", f"ETag: {self.tag(body)}"]
        status = 200
        if offset:
            status = 206
            lines.append(f"Content-Range: bytes {offset}-{size - 1}/{size}")
        self.send(status, lines, body[offset:][:cut])
        return cut is None

    def act_cut(self, body, heads, value):
        """That many bytes, then the connection is closed."""
        return self.act_ok(body, heads, "", cut=int(value))

    def act_late(self, body, heads, _):
        """After 0.3 s; counts how many do so at once."""
        with lock:
            Handler.late += 1
            Handler.most = max(Handler.late, Handler.most)
            with open(LOG_FILE + ".most", "w", encoding="ascii") as most:
                most.write(str(Handler.most))
        time.sleep(0.3)
        with lock:
            Handler.late -= 1
        return self.act_ok(body, heads, "")

    def act_status(self, _, __, value):
        """status:429:2 has Retry-After: 2."""
        code, _, after = value.partition(":")
        page = b"<html>no</html>"
        lines = [f"Content-Length: {len(page)}"] + ([f"Retry-After: {after}"] if after else [])
        return self.send(code, lines, page)

    def act_html(self, *_):
        page = b"<!DOCTYPE html><title>Please log in</title>" * 50
        return self.send(200, [f"Content-Length: {len(page)}", "Content-Type: text/html"], page)

    def act_stall(self, body, _, value):
        """That many bytes, then nothing for so long as the client stays."""
        self.send(200, [f"Content-Length: {len(body)}", f"ETag: {self.tag(body)}"],
                  body[:int(value)])
        for _ in range(60):
            time.sleep(1)
            self.wfile.write(b"")
        return False

    def act_drip(self, body, *_):
        """A byte each tenth of a second."""
        self.send(200, [f"Content-Length: {len(body)}"])
        for i in range(600):
            self.wfile.write(body[i:i + 1])
            time.sleep(0.1)
        return False

    def act_silent(self, *_):
        time.sleep(60)
        return False

    def act_long(self, body, *_):
        """Promises more than it has."""
        self.send(200, [f"Content-Length: {len(body) + 1000}", f"ETag: {self.tag(body)}"], body)
        return False

    def act_short(self, body, *_):
        """Sends more than it promised."""
        self.send(200, [f"Content-Length: {len(body) // 2}"], body)
        return False

    def act_untold(self, body, _, value):
        """No length at all, and the connection closed after that many bytes."""
        self.send(200, ["Connection: close"], body[:int(value)])
        return False

    def act_other_range(self, body, heads, _):
        """A stretch that was not asked for."""
        if not self.wanted(body, heads):
            return self.act_ok(body, heads, "")
        return self.send(206, [f"Content-Length: {len(body)}",
                               f"Content-Range: bytes 0-{len(body) - 1}/{len(body)}"], body)

    def act_no_range(self, body, *_):
        """A 206 that does not say of what."""
        return self.send(206, [f"Content-Length: {len(body)}"], body)

    def act_no_tag(self, body, heads, value):
        """Ranges, but no ETag; `value` bytes of each."""
        offset = self.wanted(body, heads)
        lines = [f"Content-Length: {len(body) - offset}"]
        if offset:
            lines.append(f"Content-Range: bytes {offset}-{len(body) - 1}/{len(body)}")
        self.send(206 if offset else 200, lines, body[offset:][:int(value)])
        return False

    def act_endless(self, body, *_):
        """The file, and then more of it without end."""
        self.send(200, ["Transfer-Encoding: chunked"])
        sent = 0
        while sent < ENDLESS_BYTES:
            self.wfile.write(b"%x\r\n" % len(body) + body + b"\r\n")
            sent += len(body)
        return False

    def act_endless_head(self, *_):
        self.wfile.write(b"HTTP/1.1 200 x\r\n")
        for i in range(ENDLESS_BYTES // 1000):
            self.wfile.write(b"X-%d: " % i + b"x" * 1000 + b"\r\n")
        return False

    def act_to(self, _, __, value):
        """A redirect to another path, or URL."""
        return self.send(302, [f"Location: {value}", "Content-Length: 0"])

    def act_garbage(self, *_):
        self.wfile.write(b"\x00\xffThis is no HTTP at all\r\n\r\n")
        return False


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


with Server(("127.0.0.1", 0), Handler) as server:
    if "CERTIFICATE" in os.environ:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(PORT_FILE + ".new", "w", encoding="ascii") as out:
        out.write(str(server.server_address[1]))
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()
