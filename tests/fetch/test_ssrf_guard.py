"""Trial pages may not lead the tracker into the network around it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fetch.clients import make_fetcher, make_info
from tests.fetch.loopback import LoopbackServer, answer, serving
from tests.fetch.loopback_tls import tls_server
from tracker.errors import FetchError, TransientFetchError
from tracker.fetch import BoundFetch, Fetcher, Limits
from tracker.fetch.addresses import PrivateAddressError, SsrfGuard, is_public
from tracker.fetch.wire import Network

ONE_TRY = Limits(attempts=1, connect_timeout=1.0)


def page(connection: socket.socket, head: bytes) -> None:
    if b"/robots.txt" in head:
        connection.sendall(answer(b"", "404 Not Found"))
    else:
        connection.sendall(answer(b"<p>secret</p>", "200 OK", "Content-Type: text/html"))


class Names:
    """A name server that may change its mind: each look-up of a host takes the next of its answers, the last one stays."""

    def __init__(self, **answers: list[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        given = self.answers[host]
        return given.pop(0) if len(given) > 1 else given[0]


def trusting(names: Names) -> Network:
    """The real network to which this machine is part of the public internet."""
    return Network(SsrfGuard(names, allowed=lambda address: True))


def pages_of(fetcher: Fetcher, *, hosts: tuple[str, ...], base_url: str = "https://page.example") -> BoundFetch:
    return fetcher.bind(make_info(hosts=hosts, page=True), base_url=base_url, pace=1000)


# --- which addresses are public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1",
        "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "2001:0:53aa:64c::1", "not an address", "",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "130.14.29.110", "2607:f220:41e:4290::110", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="100.64.0.0/10") | st.ip_addresses(network="fc00::/7"))
def test_no_address_of_a_private_network_is_public(address: object) -> None:
    assert not is_public(str(address))
    assert not is_public(f"::ffff:{address}")


# --- where the connection goes


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::1"], ["169.254.169.254"]])
def test_a_page_host_that_leads_to_a_private_address_is_not_asked(found: list[str]) -> None:
    """One private address among public ones is enough: which of them is tried is chance."""
    with serving(page) as server, make_fetcher(resolve=Names(page_example=[found]), limits=ONE_TRY) as fetcher:
        with pytest.raises(FetchError, match="not an address of the public internet") as caught:
            pages_of(fetcher, hosts=("page.example",)).get("/trials/1", accept="text/html")
        assert server.requests == []
    assert not isinstance(caught.value, TransientFetchError)
    assert "base_url in [sources.registry]" in caught.value.remedy


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """A name server that says something else the second time gains nothing: it is not asked a second time."""
    names = Names(page_example=[["198.51.100.1"], ["127.0.0.1"]])
    guard = SsrfGuard(names)
    with pytest.raises(PrivateAddressError):
        guard.addresses("page.example", 443)

    names = Names(page_example=[["93.184.215.14"], ["127.0.0.1"]])
    guard = SsrfGuard(names)
    assert guard.addresses("page.example", 443) == ("93.184.215.14",)
    assert guard.addresses("page.example", 443) == ("93.184.215.14",)
    assert names.asked == ["page.example"]
    guard.forget("page.example", 443)
    with pytest.raises(PrivateAddressError):
        guard.addresses("page.example", 443)


def test_the_network_is_asked_for_the_address_and_told_the_name(trusted: Path) -> None:
    """With loopback called public, the whole way is real: look-up, connection, server name, certificate, Host header."""
    names = Names(page_example=[["127.0.0.1"], ["192.0.2.1"]])
    with tls_server(trusted) as server, make_fetcher(network=trusting(names), limits=ONE_TRY) as fetcher:
        host = f"page.example:{server.port}"
        fetch = pages_of(fetcher, hosts=(host,))
        for _ in range(2):
            assert fetch.get(f"https://{host}/trials/1", accept="text/html").url == f"https://{host}/trials/1"
        assert names.asked == ["page.example"]
        assert set(server.names) == {"page.example"}
        assert all(f"Host: {host}\r\n".encode() in head for head in server.heads)


def test_the_certificate_must_be_that_of_the_name(trusted: Path) -> None:
    names = Names(other_example=[["127.0.0.1"]])
    with (
        tls_server(trusted) as server,
        make_fetcher(network=trusting(names), limits=ONE_TRY) as fetcher,
        pytest.raises(FetchError, match="certificate is not trusted"),
    ):
        pages_of(fetcher, hosts=(f"other.example:{server.port}",)).get(f"https://other.example:{server.port}/")


def test_the_next_address_is_tried_where_one_cannot_be_reached() -> None:
    with serving(page) as server:
        port = server.host.partition(":")[2]
        names = Names(page_example=[["127.0.0.9", "127.0.0.1"]])  # the server listens on the second one only
        with make_fetcher(network=trusting(names), limits=ONE_TRY) as fetcher:
            fetch = pages_of(fetcher, hosts=(f"page.example:{port}",))
            assert fetch.get(f"http://page.example:{port}/trials/1", accept="text/html").body == b"<p>secret</p>"


def test_a_name_that_does_not_exist_may_exist_next_time() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with make_fetcher(resolve=resolve, limits=ONE_TRY) as fetcher, pytest.raises(TransientFetchError, match="not known"):
        pages_of(fetcher, hosts=("page.example",)).get("/trials/1", accept="text/html")


def test_a_redirect_is_judged_as_the_first_address_is() -> None:
    """From the configured mirror to the source's own host, whose name leads inside."""

    def handler(connection: socket.socket, head: bytes) -> None:
        if b"/robots.txt" in head:
            connection.sendall(answer(b"", "404 Not Found"))
        else:
            connection.sendall(answer(b"", "302 Found", "Location: http://page.example/trials/1"))

    with serving(handler) as server, make_fetcher(resolve=Names(page_example=[["127.0.0.1"]]), limits=ONE_TRY) as fetcher:
        with pytest.raises(FetchError, match=r"page\.example leads to 127\.0\.0\.1"):
            pages_of(fetcher, hosts=("page.example",), base_url=server.url).get("/trials/1", accept="text/html")
        assert len(server.requests) == 2


# --- what the configuration allows


def test_a_base_url_set_by_hand_may_be_on_this_machine() -> None:
    with serving(page) as server, make_fetcher() as fetcher:
        fetch = pages_of(fetcher, hosts=("page.example",), base_url=server.url)
        assert fetch.get("/trials/1", accept="text/html").body == b"<p>secret</p>"


def test_it_allows_exactly_that_host_and_port() -> None:
    def asked(server: LoopbackServer, other: LoopbackServer, url: str) -> None:
        with make_fetcher(resolve=Names(page_example=[["127.0.0.1"]]), limits=ONE_TRY) as fetcher:
            pages_of(fetcher, hosts=("page.example",), base_url=server.url).get(url, accept="text/html")

    with serving(page) as server, serving(page) as other:
        for url in (f"{other.url}/a", "http://page.example/a", f"http://page.example:{server.host.partition(':')[2]}/a"):
            with pytest.raises(FetchError):
                asked(server, other, url)
        assert server.requests == other.requests == []


def test_interfaces_of_registries_are_asked_as_the_system_resolves_them() -> None:
    """Their hosts are fixed; the guard is for the open web."""
    with serving(page) as server, make_fetcher() as fetcher:
        host = f"localhost:{server.host.partition(':')[2]}"
        fetch = fetcher.bind(make_info(hosts=(host,)), base_url="https://registry.example", pace=1000)
        assert fetch.get(f"http://{host}/version").status == 200


# --- addresses that two readers read differently


@pytest.mark.parametrize(
    "url",
    [
        "https://user@page.example/",
        "https://page.example:pw@page.example/",
        "https://page.example@evil.example/",
        "https://evil.example\\@page.example/",
        "https://page.example\\@evil.example/",
        "https://evil.example#@page.example/",
        "https://evil.example?@page.example/",
        "https://page.example.evil.example/",
        "https://page.example:8443/",
        "https://page.example:22/",
        "http://page.example:443/",
        "https://page\u3002example/",
        "https://page.example%2eevil.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "file:///etc/passwd",
        "gopher://page.example/",
    ],
)
def test_addresses_of_other_hosts_in_disguise_are_not_asked(url: str) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    with make_fetcher(handler) as fetcher, pytest.raises(FetchError):
        pages_of(fetcher, hosts=("page.example",)).get(url, accept="text/html")
    assert asked == []


@given(st.text("ae.@:/\\#?[]%\t 0", max_size=12))
def test_what_is_asked_is_on_a_host_of_the_source_however_the_address_is_written(noise: str) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    with make_fetcher(handler, limits=ONE_TRY) as fetcher:
        for url in (
            f"https://page.example{noise}",
            f"https://{noise}page.example/",
            f"https://evil.example{noise}page.example",
        ):
            try:
                pages_of(fetcher, hosts=("page.example",)).get(url, accept="text/html")
            except FetchError:
                continue
    assert {(request.url.host, request.url.port) for request in asked} <= {("page.example", None)}
