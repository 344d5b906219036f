"""The real network stack against servers on loopback that break off, drip, lie and send too much."""

from __future__ import annotations

import gzip
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fetch.loopback import Handler, answer, serving
from tests.fetch.make import FakeTime, bind, make_fetcher
from tracker.errors import FetchError, StatusError, TooLargeError, TransientFetchError
from tracker.fetch import Limits, ssl_context
from tracker.model.source import Response

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB = 1024 * 1024
POST_HANDSHAKE_AUTH = 49


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
    with pytest.raises(TooLargeError, match=r"longer than 0\.3 s"):
        get(drip(start, piece), limits=Limits(total_timeout=0.3))


def test_a_kept_connection_is_under_the_time_cap_as_well() -> None:
    """The second request opens no connection, so its socket must be remembered."""

    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        connection.recv(65536)
        drip(b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x")(connection, b"")

    with serving(handler) as server, make_fetcher(limits=Limits(total_timeout=0.3)) as fetcher:
        fetch = bind(fetcher, base_url=server.url)
        assert fetch.get("/one").body == b"[]"
        with pytest.raises(TooLargeError):
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


# --- TLS


def test_our_client_hello_carries_post_handshake_auth() -> None:
    """Hosts of the NIH are reported to refuse httpx's own hello, which lacks it."""
    hellos: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            connection, _ = listener.accept()
            with connection:
                hellos.append(connection.recv(65536))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        with make_fetcher(limits=Limits(attempts=1)) as fetcher, pytest.raises(TransientFetchError):
            bind(fetcher, base_url=f"https://127.0.0.1:{listener.getsockname()[1]}").get("/")
        thread.join(10)
    extensions = client_hello_extensions(hellos[0])
    assert POST_HANDSHAKE_AUTH in extensions
    assert extensions == client_hello_extensions(standard_library_hello()), "the hello is that of urllib.request"


def standard_library_hello() -> bytes:
    """What `urllib.request` would send, from memory to memory."""
    context = ssl._create_default_https_context()
    context.set_alpn_protocols(["http/1.1"])
    context.post_handshake_auth = True
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1").do_handshake()
    return outgoing.read()


def client_hello_extensions(record: bytes) -> list[int]:
    """The extension numbers of a TLS record that holds a ClientHello, in order."""
    assert record[0] == 22, "not a handshake record"
    assert record[5] == 1, "not a ClientHello"
    at = 5 + 4 + 2 + 32  # record header, handshake header, version, random
    at += 1 + record[at]  # session id
    at += 2 + int.from_bytes(record[at : at + 2], "big")  # cipher suites
    at += 1 + record[at]  # compression methods
    end = at + 2 + int.from_bytes(record[at : at + 2], "big")
    at += 2
    found = []
    while at < end:
        found.append(int.from_bytes(record[at : at + 2], "big"))
        at += 4 + int.from_bytes(record[at + 2 : at + 4], "big")
    return found


def test_certificates_are_verified() -> None:
    context = ssl_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        [*command, "-subj", "/CN=localhost", "-keyout", str(path), "-out", str(path.with_suffix(".crt"))],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def untrusted_server(self_signed: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed)

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def test_a_certificate_that_is_not_trusted_is_told_at_once(untrusted_server: str) -> None:
    time = FakeTime()
    with make_fetcher(time=time) as fetcher, pytest.raises(FetchError, match="certificate is not trusted") as caught:
        bind(fetcher, base_url=untrusted_server).get("/")
    assert not isinstance(caught.value, TransientFetchError)
    assert time.slept == []
