from __future__ import annotations

import threading

import httpx
import pytest

from tests.fetch.clients import BASE_URL, FakeTime, bind, make_fetcher, make_info
from tracker.errors import TransientFetchError
from tracker.fetch.exchange import Request
from tracker.fetch.pace import HostQueue

REQUEST = Request(source="registry", url=BASE_URL)


def make_queue(time: FakeTime) -> HostQueue:
    return HostQueue("registry.example", longest_wait=120, sleep=time.sleep, monotonic=time.monotonic)


def test_requests_are_evenly_spaced() -> None:
    """No burst at the start, and time that passed anyway is not waited for again."""
    time = FakeTime()
    starts: list[float] = []

    def handler(request: httpx.Request) -> httpx.Response:
        starts.append(time.seconds)
        time.seconds += 0.5  # what the answer takes
        return httpx.Response(200)

    with make_fetcher(handler, time=time) as fetcher:
        fetch = bind(fetcher, pace=0.8)
        for _ in range(4):
            fetch.get("/version")
    assert starts == [0.0, 1.25, 2.5, 3.75]
    assert time.slept == [0.75, 0.75, 0.75]


def test_sources_on_one_host_share_its_pace_and_the_slowest_decides() -> None:
    time = FakeTime()
    asked: list[tuple[str, float]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, time.seconds))
        return httpx.Response(200)

    with make_fetcher(handler, time=time) as fetcher:
        slow = fetcher.bind(make_info("slow"), base_url="https://registry.example/slow", pace=0.5)
        quick = fetcher.bind(make_info("quick"), base_url="https://registry.example/quick", pace=10)
        slow.get("/1")
        quick.get("/1")
        quick.get("/2")
    assert asked == [("/slow/1", 0.0), ("/quick/1", 2.0), ("/quick/2", 4.0)]


def test_hosts_do_not_wait_for_each_other() -> None:
    time = FakeTime()
    with make_fetcher(lambda request: httpx.Response(200), time=time) as fetcher:
        for host in ("one.example", "two.example", "three.example"):
            bind(fetcher, base_url=f"https://{host}", pace=0.1).get("/")
    assert time.slept == []


def test_one_request_is_in_flight_for_each_host() -> None:
    in_flight, most = 0, 0
    lock = threading.Lock()

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal in_flight, most
        with lock:
            in_flight += 1
            most = max(most, in_flight)
        threading.Event().wait(0.01)
        with lock:
            in_flight -= 1
        return httpx.Response(200)

    with make_fetcher(handler) as fetcher:
        fetch = bind(fetcher)
        threads = [threading.Thread(target=fetch.get, args=("/",)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


def test_a_held_host_is_waited_for() -> None:
    time = FakeTime()
    queue = make_queue(time)
    queue.slow_to(1)
    queue.hold(30)
    with queue.turn(REQUEST):
        pass
    with queue.turn(REQUEST):
        pass
    assert time.slept == [30, 1]


def test_a_host_that_is_held_for_longer_than_a_run_waits_is_not_asked() -> None:
    time = FakeTime()
    queue = make_queue(time)
    queue.hold(3600)
    with pytest.raises(TransientFetchError, match="another 3600 seconds") as caught, queue.turn(REQUEST):
        pytest.fail("it was asked")
    assert caught.value.retry_after == 3600
    assert time.slept == []
    time.seconds = 3599
    with queue.turn(REQUEST):
        assert time.slept == [1]
