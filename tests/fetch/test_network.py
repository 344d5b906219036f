"""The real network stack against servers on loopback that break off, drip, lie and send too much."""

from __future__ import annotations

import gzip
import resource
import socket
import struct
import sys
import threading
import time
from datetime import timedelta

import httpx
import pytest

from tests.fetch.clients import BASE_URL, FakeTime, RealTime, bind, make_fetcher, make_info
from tests.fetch.loopback import Handler, answer, serving
from tracker.errors import PassLimitError, StatusError, StoppedError, TooLargeError, TransientFetchError
from tracker.fetch import Fetcher, Limits
from tracker.model.source import Response
from tracker.stopping import Ending, Stop

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB = 1024 * 1024


def get(handler: Handler, *, limits: Limits | None = None, url: str = "/record") -> tuple[Response, int]:
    """The answer of a server that answers like this, and how many requests it saw."""
    with serving(handler) as server, make_fetcher(limits=limits) as fetcher:
        response = bind(fetcher, base_url=server.url).get(url)
        return response, len(server.requests)


def test_an_ordinary_answer_over_a_real_connection() -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        assert head.startswith(b"GET /record?q=a%5Bb%5D,c HTTP/1.1\r\n")
        assert b"User-Agent: trial-registry-tracker/0.0 (test)\r\n" in head
        connection.sendall(answer(gzip.compress(b"[1]"), "200 OK", "Content-Encoding: gzip", "X-Note: one", "x-note: two"))

    with serving(handler) as server, make_fetcher() as fetcher:
        response = bind(fetcher, base_url=server.url).get("/record", [("q", "a[b],c")])
    assert response.body == b"[1]"
    assert response.headers["x-note"] == "one, two"


# --- broken transfers


def reset(connection: socket.socket, head: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_nothing(connection: socket.socket, head: bytes) -> None:
    connection.recv(1)


def stop_in_the_head(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


def send_less_than_announced(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b'{"half": ')


def stop_between_chunks(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n")


def stop_in_the_packed_body(connection: socket.socket, head: bytes) -> None:
    """Closed at its end without a length: only the packing tells that something is missing."""
    body = gzip.compress(bytes(range(256)) * 100)
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n" + body[:-20])


def speak_something_else(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


BROKEN = [
    reset,
    say_nothing,
    stop_in_the_head,
    send_less_than_announced,
    stop_between_chunks,
    stop_in_the_packed_body,
    speak_something_else,
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_transfer_is_tried_again_and_never_taken_for_an_answer(broken: Handler) -> None:
    limits = Limits(attempts=2, read_timeout=0.2)
    with serving(broken) as server, make_fetcher(limits=limits) as fetcher:
        with pytest.raises(TransientFetchError, match=r"Tried 2 times"):
            bind(fetcher, base_url=server.url).get("/record")
        assert len(server.requests) == 2


def test_a_connection_that_heals_gives_the_answer() -> None:
    tries: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        tries.append(head)
        if len(tries) == 1:
            reset(connection, head)
        else:
            connection.sendall(answer(b"[]"))

    response, requests = get(handler)
    assert (response.body, requests) == (b"[]", 2)


def test_nobody_listening_is_a_passing_trouble() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with make_fetcher(limits=Limits(attempts=2)) as fetcher, pytest.raises(TransientFetchError, match="connection failed"):
        bind(fetcher, base_url=f"http://127.0.0.1:{port}").get("/")


# --- too much, too slow


@pytest.mark.parametrize("announce", [b"Content-Length: 314572800\r\n", b""])
def test_a_body_of_300_mb_is_dropped_while_it_streams(announce: bytes) -> None:
    sent = 0

    def handler(connection: socket.socket, head: bytes) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + announce + b"\r\n")
        for _ in range(300):
            connection.sendall(bytes(MIB))
            sent += MIB

    with serving(handler) as server, make_fetcher() as fetcher:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(TooLargeError, match="larger than 64 MiB"):
            bind(fetcher, base_url=server.url).get("/record")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # in KiB
        assert len(server.requests) == 1, "a body that is too large is not asked for again"
    assert sent < 100 * MIB
    assert grown < 160 * 1024


@pytest.mark.parametrize(
    ("coding", "bomb"), [("gzip", gzip.compress(bytes(100 * MIB))), ("zstd", zstd.compress(bytes(100 * MIB)) * 30)]
)
def test_a_bomb_is_dropped_at_the_cap(coding: str, bomb: bytes) -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(answer(bomb, "200 OK", f"Content-Encoding: {coding}"))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLargeError):
        get(handler, limits=Limits(max_bytes=8 * MIB))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def drip(start: bytes, piece: bytes) -> Handler:
    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(start)
        while not stop.wait(0.01):
            connection.sendall(piece)

    stop = threading.Event()
    return handler


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x"),
        (b"HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n", b"x"),
    ],
    ids=["length", "until close", "chunked", "header", "refusal"],
)
def test_a_dripping_answer_ends_at_the_time_cap(start: bytes, piece: bytes) -> None:
    """Each byte comes in time, so the read timeout never fires."""
    with pytest.raises(TransientFetchError, match="too slow"):
        get(drip(start, piece), limits=Limits(total_timeout=0.3, attempts=1))


def test_an_answer_that_only_trickles_ends_long_before_the_time_cap() -> None:
    """And counts as a host that does not answer, not as an answer that is too large."""
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with pytest.raises(TransientFetchError, match=r"too slow: the host sent \d+ bytes in"):
        get(drip(start, b"x"), limits=Limits(slow_after=0.3, attempts=1))


def test_a_large_answer_over_a_slow_line_is_read_to_its_end() -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n")
        for _ in range(10):
            connection.sendall(b"x" * 4000)
            pause.wait(0.05)

    pause = threading.Event()
    response, requests = get(handler, limits=Limits(slow_after=0.1, least_speed=1000))
    assert (len(response.body), requests) == (40_000, 1)


@pytest.mark.parametrize("piece", [b"", b"x"], ids=["silent", "trickling"])
def test_a_host_that_is_out_of_patience_is_not_asked_again_for_any_number_of_addresses(piece: bytes) -> None:
    handler = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", piece)
    limits = Limits(slow_after=0.2, patience=0.3, attempts=4)
    with serving(handler) as server, make_fetcher(limits=limits, time=RealTime()) as fetcher:
        for number in range(50):
            with pytest.raises(TransientFetchError):
                bind(fetcher, base_url=server.url).get(f"/{number}")
        assert len(server.requests) <= 2


def test_an_answer_that_calls_for_another_try_is_no_silence() -> None:
    """A host that says 503 is there: only the number of its failures counts."""
    passing = FakeTime()
    busy = httpx.Response(503, headers={"Retry-After": "90"})
    with make_fetcher(lambda _: busy, time=passing) as fetcher, pytest.raises(TransientFetchError, match="Tried 4 times"):
        bind(fetcher).get("/record")
    assert passing.seconds >= 270


# --- the end of a pass, whatever hosts do


def hang_in_look_up(host: str, port: int) -> list[str]:
    threading.Event().wait(60)
    return []


def silent(connection: socket.socket, head: bytes) -> None:
    connection.settimeout(60)
    connection.recv(1)


@pytest.mark.parametrize("where", ["look-up", "handshake", "answer", "trickle", "pause"])
def test_a_stop_is_heard_wherever_the_fetcher_waits(where: str) -> None:
    stop = Stop()
    handler = {"trickle": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "pause": reset}.get(where, silent)
    scheme = "https" if where == "handshake" else "http"
    with serving(handler) as server, Fetcher(user_agent="", resolve=hang_in_look_up, ending=Ending(stop)) as fetcher:
        name = "registry.example" if where == "look-up" else server.host
        info = make_info(hosts=(name,), page=where == "look-up")
        fetch = fetcher.bind(info, base_url=BASE_URL if where == "look-up" else f"{scheme}://{name}", pace=1000)
        threading.Timer(0.3, stop.ask).start()
        began = time.monotonic()
        with pytest.raises(StoppedError):
            fetch.get("http://registry.example/x" if where == "look-up" else "/x", accept="text/html")
        assert time.monotonic() - began < 8, "the waits themselves are from ten seconds to a minute"


def test_the_limit_of_a_pass_ends_a_wait() -> None:
    ending = Ending(limit=timedelta(seconds=0.3))
    with serving(silent) as server, Fetcher(user_agent="", ending=ending) as fetcher, pytest.raises(PassLimitError):
        fetcher.bind(make_info(hosts=(server.host,)), base_url=server.url, pace=1000).get("/x")


def test_a_kept_connection_is_under_the_time_cap_as_well() -> None:
    """The second request opens no connection, so its socket must be remembered."""

    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        connection.recv(65536)
        drip(b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x")(connection, b"")

    with serving(handler) as server, make_fetcher(limits=Limits(total_timeout=2, attempts=1)) as fetcher:
        fetch = bind(fetcher, base_url=server.url)
        assert fetch.get("/one").body == b"[]"
        with pytest.raises(TransientFetchError, match="too slow"):
            fetch.get("/two")
        assert len(server.requests) == 1, "both went over one connection"


def test_the_fetcher_works_on_after_a_dropped_answer() -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(answer(bytes(2000) if b"/large" in head else b"[]"))

    with serving(handler) as server, make_fetcher(limits=Limits(max_bytes=1000)) as fetcher:
        fetch = bind(fetcher, base_url=server.url)
        with pytest.raises(TooLargeError):
            fetch.get("/large")
        assert fetch.get("/small").body == b"[]"


def test_a_large_page_for_an_error_is_not_read_to_its_end() -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 404 Gone\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
        for _ in range(300):
            connection.sendall(b"gone " * 200_000)

    with serving(handler) as server, make_fetcher() as fetcher, pytest.raises(StatusError, match="gone gone") as caught:
        bind(fetcher, base_url=server.url).get("/record")
    assert caught.value.status == 404


def test_a_posted_question_arrives_with_its_body_and_is_asked_again_after_a_fault() -> None:
    heads: list[bytes] = []

    def handler(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer(b"busy", "503 Busy") if len(heads) == 1 else answer(b'{"data": []}'))

    with serving(handler) as server, make_fetcher() as fetcher:
        response = bind(fetcher, base_url=server.url).post("/search", b'{"page": 1}')
    assert response.body == b'{"data": []}'
    assert len(heads) == 2
    assert all(head.startswith(b"POST /search HTTP/1.1\r\n") for head in heads)
    assert all(b"Content-Type: application/json\r\n" in head and b"Content-Length: 11\r\n" in head for head in heads)


def test_a_redirect_of_a_posted_question_is_not_followed() -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(answer(b"", "302 Found", "Location: /other"))

    with serving(handler) as server, make_fetcher() as fetcher:
        with pytest.raises(StatusError, match=r"POST .*not posted to another address"):
            bind(fetcher, base_url=server.url).post("/search", b"{}")
        assert len(server.requests) == 1
