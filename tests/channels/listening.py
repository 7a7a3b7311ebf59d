"""Servers on loopback that answer as a test says: well, badly, or not at all."""

import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


@contextmanager
def raw_server(*answers):
    """Serve connections one after the other; each answer is bytes to say, or a function of the connected socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def serve():
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(60)
                with suppress(OSError):
                    got.append(_request(connection))
                    if callable(answer):
                        answer(connection)
                    else:
                        connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    server = type("Server", (), {"port": listener.getsockname()[1], "got": got})()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # whoever waits for a connection wakes
        listener.close()
        thread.join(60)


def _request(connection):
    """Read a request: its head, and as much of a body as it names."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class WebServer:
    """A web server that notes what it gets and answers from a list; the last answer is for all that come after."""

    def __init__(self):
        self.got = []
        self.answers = [(200, {}, b"{}")]
        outer = self

        class Here(BaseHTTPRequestHandler):
            def _take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.got.append((self.command, self.path, dict(self.headers), body))
                status, headers, answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _take  # noqa: N815  the names are the library's

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)


class _Controller(Controller):
    def _trigger_server(self):
        """Speak to the port that was found free."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """What a mail server got, and what it is to say: ``refusals`` are answers to recipients, by address."""

    def __init__(self):
        self.got = []
        self.refusals = {}
        self.last_words = None
        self._controller = _Controller(self, hostname="127.0.0.1", port=0, ready_timeout=60)
        self._controller.start()
        self.port = self._controller.port

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  the name is the library's
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return self.last_words or "250 taken"

    def close(self):
        self._controller.stop()
