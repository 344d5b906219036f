"""Who may read, which host is meant, and what a client may cost."""

from __future__ import annotations

import base64
import hashlib
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.program import process
from tests.web.conftest import TRIAL, Reader, Serve
from tracker.config.settings import TrustedProxy, Web
from tracker.errors import StoreError, UsageError
from tracker.store import Store
from tracker.web.guard import feed_key
from tracker.web.serving import MOST_CONNECTIONS, require_safe

TOKEN = "correct-horse-battery"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_beyond_this_machine_nothing_is_served_without_a_token_or_a_proxy(host: str) -> None:
    with pytest.raises(UsageError, match="open to everybody"):
        require_safe(Web(), host)
    assert require_safe(Web(token=TOKEN, url="https://trials.example.org"), host) == []
    proxy = TrustedProxy(address="192.0.2.1", header="X-User")
    assert require_safe(Web(trusted_proxy=proxy, url="https://trials.example.org"), host) == []


def test_plain_http_beyond_this_machine_is_warned_of() -> None:
    assert any("Plain http" in text for text in require_safe(Web(token=TOKEN, url="http://trials.example.org"), "0.0.0.0"))
    assert require_safe(Web(), "127.0.0.1") == []


def test_pages_that_a_proxy_opens_to_everybody_are_warned_of() -> None:
    url = "https://trials.example.org"
    assert any("everybody" in text for text in require_safe(Web(url=url), "127.0.0.1"))
    assert require_safe(Web(url=url, token=TOKEN), "127.0.0.1") == []
    assert require_safe(Web(url=url, public=True), "127.0.0.1") == []


def test_serve_refuses_to_start_and_says_why(demo: Path) -> None:
    ended = process("--config", demo / "config.toml", "serve", "--bind", "0.0.0.0:0", folder=demo)
    assert ended.code == 2
    assert "token" in ended.err
    assert "trusted_proxy" in ended.err


@pytest.mark.parametrize("given", ["", "Bearer wrong", basic("wrong"), "Basic ###", "Bearer", basic(""), f"Digest {TOKEN}"])
def test_with_a_token_nothing_is_read_without_it(serve: Serve, given: str) -> None:
    with serve(web=Web(token=TOKEN)) as reader:
        assert reader.ask("/static/style.css").status == 200, (
            "the page that stops messages needs no token, and looks like the others"
        )
        for path in ("/", TRIAL, "/health", "/nowhere", "/api/v1/health"):
            reply = reader.ask(path, **({"authorization": given} if given else {}))
            assert reply.status == 401, path
            assert reply.headers["www-authenticate"].startswith("Basic ")
            assert "NCT0717" not in reply.text


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", basic(TOKEN)])
def test_the_token_opens_pages_and_api(serve: Serve, given: str) -> None:
    with serve(web=Web(token=TOKEN)) as reader:
        for path in ("/", TRIAL, "/api/v1/health", "/latest.atom"):
            assert reader.ask(path, authorization=given).status == 200


def test_the_key_of_feeds_opens_feeds_and_calendars_alone(serve: Serve) -> None:
    key = feed_key(TOKEN)
    with serve(web=Web(token=TOKEN)) as reader:
        for path in ("/latest.atom", "/deadlines.ics", f"{TRIAL}.atom", "/watches/lupus.ics"):
            assert reader.ask(f"{path}?key={key}").status == 200
            assert reader.ask(f"{path}?key={key[:-1]}0").status == 401 or key.endswith("0")
            assert reader.ask(path).status == 401
        for path in ("/", TRIAL, "/watches/lupus.csv", "/api/v1/health", "/health"):
            assert reader.ask(f"{path}?key={key}").status == 401
        page = reader.ask("/deadlines", authorization=f"Bearer {TOKEN}").text
    assert f"/deadlines.ics?key={key}" in page
    assert TOKEN not in page


def test_the_proxys_word_counts_from_its_address_alone(serve: Serve) -> None:
    here = Web(trusted_proxy=TrustedProxy(address="127.0.0.1", header="X-Forwarded-User"))
    with serve(web=here) as reader:
        assert reader.ask("/", X_Forwarded_User="ada").status == 200
        assert reader.ask("/").status == 403
        assert reader.ask("/", X_Forwarded_User=" ").status == 403
    elsewhere = Web(trusted_proxy=TrustedProxy(address="192.0.2.1", header="X-Forwarded-User"))
    with serve(web=elsewhere) as reader:
        assert reader.ask("/", X_Forwarded_User="ada", X_Forwarded_For="192.0.2.1").status == 403


def test_the_proxys_address_is_known_in_either_form(serve: Serve) -> None:
    """A socket for IPv4 and IPv6 names an IPv4 client by the form that IPv6 has for it."""
    with serve(web=Web(trusted_proxy=TrustedProxy(address="::ffff:127.0.0.1", header="X-Forwarded-User"))) as reader:
        assert reader.ask("/", X_Forwarded_User="ada").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "a@b", ""]
)
def test_another_host_is_not_served(reader: Reader, host: str) -> None:
    reply = reader.ask("/", host=host)
    assert reply.status == 421
    assert "NCT0717" not in reply.text
    assert reader.ask("/api/v1/health", host=host).headers["content-type"] == "application/problem+json"


def test_the_sites_own_host_and_this_machine_are_served(serve: Serve) -> None:
    with serve(web=Web(url="https://trials.example.org")) as reader:
        for host in (
            "trials.example.org",
            "TRIALS.example.org:443",
            "localhost:8760",
            "127.0.0.1",
            "[::1]:8760",
            "localhost.",
            "[::ffff:127.0.0.1]",
        ):
            assert reader.ask("/", host=host).status == 200, host


def test_every_answer_has_the_headers_that_keep_a_browser_safe(reader: Reader) -> None:
    for path in ("/", "/nowhere", "/static/style.css", "/api/v1/health", "/latest.atom"):
        headers = reader.ask(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "noindex" in headers["x-robots-tag"]
        assert "set-cookie" not in headers
        assert "server" not in headers


def raw(reader: Reader, sent: bytes) -> bytes:
    """The bytes that answer these bytes, until the connection ends."""
    with socket.create_connection((reader.host, reader.port), timeout=60) as client:
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(65_536), b""))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nabcde",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_with_the_same_headers(reader: Reader, sent: bytes) -> None:
    head = raw(reader, sent).partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 400 ")
    assert b"content-security-policy: default-src 'none'" in head
    assert b"x-content-type-options: nosniff" in head
    assert head.count(b"http/1.1") == 1


def test_each_header_is_sent_once(reader: Reader) -> None:
    for path in ("/", "/nowhere", "/api/v1/nowhere"):
        head = raw(reader, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        names = [line.partition(b":")[0].lower() for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
        assert sorted(names) == sorted(set(names))


def test_a_whole_address_as_target_names_the_host_that_is_meant(reader: Reader) -> None:
    def status(target: str, host: str = "localhost") -> bytes:
        sent = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        return raw(reader, sent.encode()).split(b" ")[1]

    assert status("http://localhost/health") == b"200"
    assert status("HTTP://127.0.0.1:8760/") == b"200"
    assert status("http://localhost") == b"200"
    assert status("http://evil.example/health") == b"421"
    assert status("http://localhost/health", host="evil.example") == b"200"
    assert status("http://localhost/nowhere") == b"404"


@pytest.mark.parametrize(
    "smuggled", ["Transfer-Encoding: chunked", "Content-Length: 40", "Content-Length: 4\r\nTransfer-Encoding: chunked"]
)
def test_a_second_request_hidden_in_a_body_is_not_answered(reader: Reader, smuggled: str) -> None:
    sent = f"GET / HTTP/1.1\r\nHost: localhost\r\n{smuggled}\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(reader, sent.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_search_engines_are_let_in_only_where_the_pages_are_public(serve: Serve) -> None:
    with serve(web=Web(public=True)) as reader:
        assert "x-robots-tag" not in reader.ask("/").headers
        assert 'name="robots"' not in reader.ask("/").text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_but_reading_is_answered(reader: Reader, method: str) -> None:
    for path in ("/", "/api/v1/health", "/nowhere"):
        reply = reader.ask(path, method)
        assert reply.status == 405
        assert reply.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_a_body(reader: Reader) -> None:
    head, get = reader.ask("/", "HEAD"), reader.ask("/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))


def test_absurd_requests_get_a_plain_refusal(reader: Reader) -> None:
    assert reader.ask(f"/{'a' * 2000}").status == 414
    assert reader.ask(f"/?words={'a' * 3000}").status == 414
    assert reader.ask("/", **{f"x_{number}": "1" for number in range(150)}).status == 431
    assert reader.ask("/", body=b"x" * 10).status == 413
    assert reader.ask("/", x="a" * 40_000).status == 431
    for path in ("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/..%2f..%2fetc/passwd", "/%00"):
        assert reader.ask(path).status == 404, path
    for path in ("/stories/%00", "/trials/%00", "/watches/a%00b", "/api/v1/trials/%00"):
        assert reader.ask(path).status == 404, path
    for query in ("/?words=%00", "/?trial=a%00", "/api/v1/trials?after=%00", "/trials?number=%00"):
        assert reader.ask(query).status == 400, query


def test_reading_changes_nothing(reader: Reader, demo: Path) -> None:
    def state() -> str:
        with sqlite3.connect(demo / "tracker.db") as database:
            found = hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()
            return f"{found} {database.execute('PRAGMA user_version').fetchone()}"

    before = state()
    for path in ("/", TRIAL, f"{TRIAL}/compare", "/watches/lupus", "/deadlines", "/health", "/api/v1/trials", "/latest.atom"):
        assert reader.ask(path).status == 200
    assert state() == before


def test_a_store_opened_for_reading_refuses_to_write(demo: Path) -> None:
    with Store.open(f"sqlite:///{demo / 'tracker.db'}", reading=True) as store:
        assert store.runs(1)
        with pytest.raises(StoreError, match="readonly"), store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM events")


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_client_that_does_not_go_on_is_left(serve: Serve, begun: bytes) -> None:
    with serve(patience=0.3) as reader, socket.create_connection((reader.host, reader.port), timeout=60) as client:
        client.sendall(begun)
        assert left(client) == b""
        assert reader.ask("/robots.txt").status == 200


def test_many_slow_clients_do_not_keep_out_others_and_are_left(serve: Serve) -> None:
    """With as many connections as are allowed at once: most stand still in the middle of a request or of an answer."""
    with serve(patience=2) as reader, ExitStack() as opened:

        def connect() -> socket.socket:
            return opened.enter_context(socket.create_connection((reader.host, reader.port), timeout=60))

        slow = [connect() for _ in range(MOST_CONNECTIONS - 20)]
        for place, client in enumerate(slow):
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " if place % 2 else b"GET")
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(reader.ask, ["/health", "/", TRIAL, "/api/v1/changes"] * 10))
        assert {answer.status for answer in answers} == {200}
        more = [connect() for _ in range(30)]
        for client in more:
            client.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert {client.recv(12) for client in more} <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}
        assert [left(client) for client in slow] == [b""] * len(slow)
        assert reader.ask("/").status == 200


def left(client: socket.socket) -> bytes:
    """What comes before the server ends a connection."""
    try:
        return client.recv(100)
    except ConnectionResetError:
        return b""
