"""Proxies of the environment."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import pytest

from tests.fetch.clients import make_fetcher, make_info
from tests.fetch.loopback import answer, serving
from tests.fetch.loopback_tls import hello_of, read_hello
from tracker.errors import FetchError, TransientFetchError
from tracker.fetch import BoundFetch, Fetcher, Limits, ssl_context
from tracker.fetch.addresses import proxy_for

ONE_TRY = Limits(attempts=1, connect_timeout=1.0)


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the proxy variables, and clears those of the machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def set_to(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name.upper(), value)

    return set_to


def bound(fetcher: Fetcher, url: str, *, page: bool = False) -> BoundFetch:
    return fetcher.bind(make_info(page=page), base_url=url, pace=1000)


@pytest.mark.parametrize(
    ("scheme", "host", "variables", "expected"),
    [
        ("https", "registry.example", {}, None),
        ("https", "registry.example", {"https_proxy": "http://p:1"}, "http://p:1"),
        ("http", "registry.example", {"https_proxy": "http://p:1"}, None),
        ("https", "registry.example", {"all_proxy": "p:1"}, "http://p:1"),
        ("https", "registry.example", {"all_proxy": "http://p:1", "https_proxy": "http://q:1"}, "http://q:1"),
        ("https", "registry.example", {"https_proxy": "http://p:1", "no_proxy": "registry.example"}, None),
        ("https", "www.registry.example", {"https_proxy": "http://p:1", "no_proxy": ".registry.example"}, None),
        ("https", "myregistry.example", {"https_proxy": "http://p:1", "no_proxy": "registry.example"}, "http://p:1"),
        ("https", "registry.example", {"https_proxy": "http://p:1", "no_proxy": "*"}, None),
        ("https", "localhost", {"https_proxy": "http://p:1"}, None),
        ("https", "127.0.0.2", {"https_proxy": "http://p:1"}, None),
        ("https", "::1", {"https_proxy": "http://p:1"}, None),
    ],
)
def test_the_environment_says_which_proxy(
    proxy: Callable[..., None], scheme: str, host: str, variables: dict[str, str], expected: str | None
) -> None:
    proxy(**variables)
    assert proxy_for(scheme, host, 443) == expected


def test_plain_requests_go_through_the_proxy(proxy: Callable[..., None]) -> None:
    with serving(lambda connection, head: connection.sendall(answer(b"[]"))) as server, make_fetcher() as fetcher:
        proxy(http_proxy=f"http://me:hunter2@{server.host}")
        assert bound(fetcher, "http://registry.example").get("/version").body == b"[]"
        assert server.requests[0].startswith(b"GET http://registry.example/version HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic" in server.requests[0]


def test_the_client_hello_through_a_proxy_is_ours(proxy: Callable[..., None]) -> None:
    records: list[bytes] = []

    def tunnel(connection: socket.socket, head: bytes) -> None:
        assert head.startswith(b"CONNECT registry.example:443 ")
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        records.append(connection.recv(65536))

    with serving(tunnel) as server, make_fetcher(limits=ONE_TRY) as fetcher:
        proxy(https_proxy=f"http://{server.host}")
        with pytest.raises(TransientFetchError):
            bound(fetcher, "https://registry.example").get("/version")
    assert read_hello(records[0]) == hello_of(ssl_context())


def test_loopback_is_never_reached_through_the_proxy(proxy: Callable[..., None]) -> None:
    with serving(lambda connection, head: connection.sendall(answer(b"[]"))) as server, make_fetcher() as fetcher:
        proxy(http_proxy="http://127.0.0.1:9", all_proxy="http://127.0.0.1:9")
        assert bound(fetcher, server.url).get("/version").body == b"[]"


def test_pages_go_through_the_proxy_without_being_looked_up_here(proxy: Callable[..., None]) -> None:
    """The proxy looks the name up: its addresses cannot be judged here, the allowed hosts still hold."""

    def handler(connection: socket.socket, head: bytes) -> None:
        connection.sendall(answer(b"", "404 Not Found") if b"/robots.txt" in head else answer(b"<p>page</p>"))

    with serving(handler) as server, make_fetcher() as fetcher:
        proxy(http_proxy=f"http://{server.host}")
        fetch = bound(fetcher, "http://registry.example", page=True)
        assert fetch.get("/trials/1", accept="text/html").body == b"<p>page</p>"
        with pytest.raises(FetchError, match="not a host of this source"):
            fetch.get("http://169.254.169.254/latest/meta-data", accept="text/html")


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@127.0.0.1:9",
        "htp://me:hunter2@proxy.example",
        "socks5://me:hunter2@proxy.example",
        "http://me:hunter2@[proxy",
        "http://me:hunter2@proxy.example:port",
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    proxy: Callable[..., None], caplog: pytest.LogCaptureFixture, url: str
) -> None:
    proxy(https_proxy=url)
    with caplog.at_level(logging.DEBUG), make_fetcher(limits=ONE_TRY) as fetcher, pytest.raises(FetchError) as caught:
        bound(fetcher, "https://registry.example").get("/version")
    told: list[BaseException | None] = [caught.value]
    while told[-1] is not None:
        assert "hunter2" not in str(told[-1])
        told.append(told[-1].__cause__)
    assert "hunter2" not in caplog.text


def test_a_proxy_that_refuses_is_named_as_the_one_who_does(proxy: Callable[..., None]) -> None:
    refusing = answer(b"", "403 Forbidden")
    with serving(lambda connection, head: connection.sendall(refusing)) as server, make_fetcher(limits=ONE_TRY) as fetcher:
        proxy(https_proxy=f"http://{server.host}")
        with pytest.raises(TransientFetchError, match="the proxy of the environment refused"):
            bound(fetcher, "https://registry.example").get("/version")
