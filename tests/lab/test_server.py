"""The loopback server itself: its log, its faults, and that nothing is left when it stops."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import socket
import threading
import urllib.error
from urllib.parse import urlsplit

import pytest

from tests.lab import LoopbackRegistry, Reply, Request, days
from tests.lab.asking import ask


def connect(registry: LoopbackRegistry) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(registry.url).netloc, timeout=10)


def test_requests_are_logged_in_order_with_path_parameters_and_user_agent(registry: LoopbackRegistry) -> None:
    ask(registry.base_url + "/version", headers={"User-Agent": "probe/1"})
    ask(registry.base_url + "/studies", {"query.cond": "a b", "filter.ids": ""})
    first, second = registry.requests
    assert (first.method, first.path, first.user_agent) == ("GET", "/api/v2/version", "probe/1")
    assert second.params == (("query.cond", "a b"), ("filter.ids", ""))
    assert second.target == "/api/v2/studies?query.cond=a+b&filter.ids="


def test_one_connection_serves_many_requests(registry: LoopbackRegistry) -> None:
    connection = connect(registry)
    for _ in range(3):
        connection.request("GET", "/api/v2/version")
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    local = connection.sock.getsockname()
    connection.request("HEAD", "/api/v2/version")
    response = connection.getresponse()
    assert (response.read(), connection.sock.getsockname()) == (b"", local)
    connection.close()


def test_other_methods_are_refused(registry: LoopbackRegistry) -> None:
    assert ask(registry.base_url + "/studies", method="POST").status == 405


def test_a_fault_answers_in_the_registrys_place_and_none_lets_it_answer(registry: LoopbackRegistry) -> None:
    def busy(request: Request) -> Reply | None:
        if len(registry.requests) == 1:
            return Reply(429, {"Retry-After": "7", "Content-Type": "text/plain"}, b"slow down")
        return None

    registry.fault = busy
    first, second = (ask(registry.base_url + "/version") for _ in range(2))
    assert (first.status, first.headers["retry-after"], first.text) == (429, "7", "slow down")
    assert second.status == 200


def test_a_truncated_answer_ends_before_its_announced_length(registry: LoopbackRegistry) -> None:
    registry.fault = lambda request: dataclasses.replace(registry.answer(request), truncate=20)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(registry.base_url + "/version")
    assert len(caught.value.partial) == 20


def test_a_reset_is_a_reset(registry: LoopbackRegistry) -> None:
    registry.fault = lambda request: Reply(reset=True)
    with pytest.raises((urllib.error.URLError, ConnectionResetError)) as caught:
        ask(registry.base_url + "/version")
    reason = getattr(caught.value, "reason", caught.value)
    assert isinstance(reason, ConnectionResetError)


def test_a_delay_ends_when_the_registry_stops() -> None:
    """A test of a client's time-out must not have to wait for the server."""
    registry = LoopbackRegistry(days()[0])
    asked = threading.Event()

    def slow(request: Request) -> Reply:
        asked.set()
        return Reply(delay=3600)

    registry.fault = slow
    connection = connect(registry)
    connection.request("GET", "/api/v2/version")
    assert asked.wait(10)
    registry.close()
    # The answer may just have got out before the connection was closed; what counts is that nobody waits for it.
    with contextlib.suppress(http.client.HTTPException, ConnectionError):
        connection.getresponse().read()
    connection.close()


def test_stopping_leaves_no_thread_and_no_port_even_with_clients_connected() -> None:
    before = set(threading.enumerate())
    registry = LoopbackRegistry(days()[0])
    idle, busy = connect(registry), connect(registry)
    idle.connect()
    busy.request("GET", "/api/v2/version")
    busy.getresponse().read()
    registry.close()
    registry.close()
    assert set(threading.enumerate()) == before
    address = urlsplit(registry.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=10)
    idle.close()
    busy.close()


def test_a_large_answer_arrives_whole(registry: LoopbackRegistry) -> None:
    body = b"x" * 5_000_000
    registry.fault = lambda request: Reply(200, {"Content-Type": "application/octet-stream"}, body)
    assert ask(registry.base_url + "/studies").body == body


def test_a_client_that_hangs_up_early_is_no_error(registry: LoopbackRegistry, capfd: pytest.CaptureFixture[str]) -> None:
    registry.fault = lambda request: Reply(200, {}, b"x" * 20_000_000)
    connection = connect(registry)
    connection.request("GET", "/api/v2/version")
    connection.getresponse().read(1)
    connection.close()
    assert ask(registry.url + "/robots.txt", method="HEAD").status == 200
    registry.close()
    assert capfd.readouterr().err == ""
