"""Requests reach only what they may, and no answer does harm: not a late, a huge, a broken or a wandering one."""

import socket
import time

import pytest

from channels import http
from channels.http import Answer, Call, CallError, Rules, is_public
from tests.channels.listening import raw_server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
ENDLESS = b"x" * 65536


def to(port, path="/", method="POST", **more):
    return Call(method, f"http://127.0.0.1:{port}{path}", key="k-1", **more)


def ask(server, *more_ports, **call):
    return http.send(to(server.port, **call), Rules(private_ports=frozenset({server.port, *more_ports})))


def redirect(where, status=302):
    return b"HTTP/1.1 %d Moved\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % (status, where.encode())


class Clock:
    """A clock that stands still until it is wound up, so that only what comes then has to be quick."""

    def __init__(self):
        self.began = None

    def wind(self):
        self.began = time.monotonic()

    def monotonic(self):
        return 0.0 if self.began is None else time.monotonic() - self.began


@pytest.fixture
def clock(hasty, monkeypatch):
    made = Clock()
    monkeypatch.setattr(http, "time", made)
    return made


@pytest.fixture
def hasty(monkeypatch):
    """Time limits as short as tests want them."""
    monkeypatch.setattr(http, "TOTAL", 0.6)


def test_a_request_is_sent_as_it_was_written(web_server):
    web_server.answers = [(201, {}, b'{"id": 5}')]

    answer = ask(web_server, path="/a?b=c", body="привіт", headers=(("Content-Type", "text/plain"), ("X-A", "ї")))

    assert answer == Answer(201, b'{"id": 5}')
    [(method, path, headers, body)] = web_server.got
    assert (method, path, body.decode()) == ("POST", "/a?b=c", "привіт")
    assert headers["Idempotency-Key"] == "k-1"
    assert headers["Host"] == f"127.0.0.1:{web_server.port}"
    assert headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_each_method_is_sent(web_server, method):
    assert ask(web_server, method=method).status == 200
    assert web_server.got[0][0] == method


@pytest.mark.parametrize("status", [204, 404, 429, 500])
def test_any_status_is_an_answer(web_server, status):
    web_server.answers = [(status, {"Retry-After": "7"}, b"")]

    assert ask(web_server) == Answer(status, b"", None, 7)


class TestHarm:
    def test_a_target_that_never_answers_is_left(self, clock):
        def say_nothing(connection):
            connection.recv(1)  # until the other side has left

        with raw_server(say_nothing) as server, pytest.raises(CallError, match="in time") as failed:
            ask(server)

        assert not failed.value.is_certain

    def test_a_target_that_answers_a_letter_at_a_time_is_left(self, hasty):
        dripped = []

        def drip(connection):
            for letter in ENDLESS:
                dripped.append(letter)
                connection.sendall(bytes([letter]))
                time.sleep(0.1)

        with raw_server(drip) as server, pytest.raises(CallError):
            ask(server)

        assert len(dripped) < len(ENDLESS)

    def test_a_body_that_drips_is_cut_off_and_the_status_is_known(self, clock, monkeypatch):
        read = http._read

        def read_from_now_on(*answer):
            clock.wind()
            return read(*answer)

        monkeypatch.setattr(http, "_read", read_from_now_on)

        def drip(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.1)

        with raw_server(drip) as server:
            assert ask(server) == Answer(200, None, "cut_off")

    @pytest.mark.parametrize(
        "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
    )
    def test_of_ten_gigabytes_a_little_is_read(self, head):
        sent = []

        def pour(connection):
            connection.sendall(head)
            for _ in range(152_000):
                connection.sendall(ENDLESS)
                sent.append(len(ENDLESS))

        with raw_server(pour) as server:
            assert ask(server) == Answer(200, None, "too_large")
        assert sum(sent) < 100 * http.LARGEST

    def test_the_largest_answer_is_read_whole(self, web_server):
        web_server.answers = [(200, {}, b"x" * http.LARGEST), (200, {}, b"x" * (http.LARGEST + 1))]

        assert len(ask(web_server).body) == http.LARGEST
        assert ask(web_server).problem == "too_large"

    @pytest.mark.parametrize(
        "said", [b"220 mail.example.com ESMTP\r\n", b"\x00\xff" * 50, b"HTTP/1.1 two hundred\r\n\r\n", b""]
    )
    def test_garbage_and_a_closed_connection_are_no_answer(self, said):
        with raw_server(said) as server, pytest.raises(CallError) as failed:
            ask(server)

        assert not failed.value.is_certain

    def test_headers_without_end_are_no_answer(self):
        def pour(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(100_000):
                connection.sendall(b"X-%d: %b\r\n" % (number, b"x" * 1000))

        with raw_server(pour) as server, pytest.raises(CallError):
            ask(server)

    def test_a_body_that_ends_too_early_is_cut_off(self):
        with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi") as server:
            assert ask(server) == Answer(200, None, "cut_off")

    def test_a_packed_body_is_not_unpacked(self, web_server):
        web_server.answers = [(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")]

        assert ask(web_server) == Answer(200, None, "encoded")

    def test_nobody_there_is_certain(self):
        with raw_server() as server:
            port = server.port

        with pytest.raises(CallError) as failed:
            http.send(to(port), Rules(allow_private=True))

        assert (failed.value.is_certain, failed.value.is_final) == (True, False)

    def test_a_name_that_nobody_knows_is_certain(self, monkeypatch):
        def unknown(*_, **__):
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)

        with pytest.raises(CallError) as failed:
            http.send(Call("GET", "https://nowhere.test/"), Rules())

        assert (failed.value.is_certain, failed.value.is_final) == (True, False)

    @pytest.mark.parametrize(
        "address", ["ftp://a.b/", "https://", "http://u:p@a.b/", "http://[::1", "javascript:1", "http://a\nb/"]
    )
    def test_what_is_no_address_is_refused(self, address):
        with pytest.raises(CallError) as failed:
            http.send(Call("GET", address), Rules())

        assert failed.value.is_final

    def test_a_header_that_cannot_be_is_refused(self, web_server):
        with pytest.raises(CallError) as failed:
            ask(web_server, headers=(("X-A", "a\r\nX-B: b"),))

        assert failed.value.is_final
        assert web_server.got == []


class TestPrivate:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.0",
            "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
            "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
        ],
    )  # fmt: skip
    def test_what_is_not_of_the_open_internet(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
    )
    def test_what_is(self, address):
        assert is_public(address)

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
    )
    def test_no_way_of_writing_it_leads_inside(self, web_server, host):
        with pytest.raises(CallError) as failed:
            http.send(Call("GET", f"http://{host}:{web_server.port}/"), Rules())

        assert (failed.value.is_certain, web_server.got) == (True, [])

    def test_a_name_is_looked_up_once_and_that_very_address_is_connected_to(self, web_server, monkeypatch):
        """A name server that says something harmless first and something private then gains nothing."""
        said = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])
        connected = []

        def resolve(host, port, *_, **__):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(said)]

        def connect(address, *_, **__):
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(CallError):
            http.send(Call("GET", f"http://rebind.test:{web_server.port}/"), Rules())

        assert connected == ["8.8.8.8"]

    def test_of_several_addresses_the_private_ones_are_left_out(self, monkeypatch):
        connected = []

        def resolve(host, port, *_, **__):
            return [(socket.AF_INET, 1, 6, "", (one, port)) for one in ("10.0.0.1", "8.8.8.8", "127.0.0.1", "9.9.9.9")]

        def connect(address, *_, **__):
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(CallError):
            http.send(Call("GET", "http://many.test/"), Rules())

        assert connected == ["8.8.8.8", "9.9.9.9"]

    def test_a_redirect_into_the_own_network_is_refused(self, web_server):
        with (
            raw_server(redirect(f"http://127.0.0.1:{web_server.port}/inside")) as server,
            pytest.raises(CallError) as failed,
        ):
            ask(server)

        assert failed.value.is_final
        assert web_server.got == []

    def test_an_installation_may_allow_it(self, web_server):
        call = Call("GET", f"{web_server.address}/")

        assert http.send(call, Rules(allow_private=True)).status == 200


class TestRedirects:
    @pytest.mark.parametrize(
        ("status", "method", "then", "body"),
        [
            (301, "POST", "GET", b""),
            (302, "POST", "GET", b""),
            (303, "PUT", "GET", b""),
            (307, "POST", "POST", b"hi"),
            (308, "PUT", "PUT", b"hi"),
            (301, "PUT", "PUT", b"hi"),
            (303, "HEAD", "HEAD", b"hi"),
        ],
    )
    def test_they_are_followed_as_browsers_do(self, web_server, status, method, then, body):
        web_server.answers = [(status, {"Location": "/there?x=1"}, b""), (200, {}, b"{}")]

        assert ask(web_server, method=method, body="hi", headers=(("X-Key", "s"),)).status == 200
        assert [(one[0], one[1]) for one in web_server.got] == [(method, "/"), (then, "/there?x=1")]
        assert web_server.got[1][3] == body
        assert web_server.got[1][2]["X-Key"] == "s"
        assert web_server.got[1][2]["Idempotency-Key"] == "k-1"

    def test_another_host_gets_no_secrets(self, web_server):
        with raw_server(redirect(f"http://localhost:{web_server.port}/", 307)) as server:
            rules = Rules(private_ports=frozenset({server.port, web_server.port}))
            headers = (("Authorization", "Bearer s"), ("X-Key", "s"), ("Content-Type", "text/plain"))
            http.send(to(server.port, headers=headers, body="hi"), rules)

        [(_, _, got, body)] = web_server.got
        assert "Authorization" not in got
        assert "X-Key" not in got
        assert (got["Content-Type"], body) == ("text/plain", b"hi")

    def test_three_are_followed_and_no_more(self, web_server):
        away = (302, {"Location": "/"}, b"")
        web_server.answers = [away] * 3 + [(200, {}, b"{}")]
        assert ask(web_server).status == 200

        web_server.got.clear()
        web_server.answers = [away]
        with pytest.raises(CallError, match="more than 3") as failed:
            ask(web_server)
        assert (len(web_server.got), failed.value.is_final) == (4, True)

    def test_one_without_a_place_is_an_answer(self, web_server):
        web_server.answers = [(304, {"Location": "/x"}, b""), (302, {}, b"")]

        assert [ask(web_server).status, ask(web_server).status] == [304, 302]

    @pytest.mark.parametrize("where", ["ftp://a.b/", "file:///etc/passwd", "http://u:p@a.b/"])
    def test_they_lead_to_addresses_of_the_web_only(self, where):
        with raw_server(redirect(where)) as server, pytest.raises(CallError) as failed:
            ask(server)

        assert failed.value.is_final
