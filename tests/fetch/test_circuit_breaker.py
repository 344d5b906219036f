"""The circuit breaker: a host that is down is left alone for the rest of the run."""

from __future__ import annotations

import httpx
import pytest

from tests.fetch.clients import FakeTime, bind, make_fetcher
from tracker.errors import FetchError, StatusError, TransientFetchError
from tracker.fetch import Limits

LIMITS = Limits(attempts=2, circuit=3)


class Host:
    """Answers with these statuses, one per request; 500 from then on."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(self.statuses.pop(0) if self.statuses else 500, text=f"answer {self.asked}")


def test_after_so_many_consecutive_failures_the_host_is_not_asked_any_more() -> None:
    host, time = Host(), FakeTime()
    with make_fetcher(host, limits=LIMITS, time=time) as fetcher:
        fetch = bind(fetcher)
        for _ in range(3):
            with pytest.raises(TransientFetchError, match="status 500"):
                fetch.get("/version")
        waited = time.seconds
        with pytest.raises(TransientFetchError) as caught:
            fetch.get("/other")
    assert host.asked == 6
    assert time.seconds == waited, "the error comes at once"
    assert "the circuit breaker of registry.example is open after 3 consecutive failed requests" in caught.value.message
    assert 'The last one: GET https://registry.example/api/v2/version: status 500, "answer 6"' in caught.value.message
    assert "left alone for the rest of this run" in caught.value.remedy


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_closes_it(status: int) -> None:
    """404 is an answer as well: the host is there."""
    host = Host(500, 500, 500, 500, status, 500, 500, 500, 500, status)
    with make_fetcher(host, limits=LIMITS) as fetcher:
        fetch = bind(fetcher)
        for _ in range(2):
            for _ in range(2):
                with pytest.raises(TransientFetchError, match="status 500"):
                    fetch.get("/version")
            if status == 200:
                fetch.get("/version")
            else:
                with pytest.raises(StatusError):
                    fetch.get("/version")


def test_failures_that_a_retry_mended_do_not_count() -> None:
    host = Host(*[500, 200] * 10)
    with make_fetcher(host, limits=LIMITS) as fetcher:
        for _ in range(10):
            assert bind(fetcher).get("/version").status == 200


def test_other_hosts_are_not_touched() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500 if request.url.host == "down.example" else 200)

    with make_fetcher(handler, limits=LIMITS) as fetcher:
        for _ in range(5):
            with pytest.raises(FetchError):
                bind(fetcher, base_url="https://down.example").get("/")
        assert bind(fetcher, base_url="https://up.example").get("/").status == 200


def test_waiting_for_a_named_time_is_not_a_failure() -> None:
    """Only requests that were made count."""
    answers = [httpx.Response(429, headers={"Retry-After": "3600"})]
    time = FakeTime()
    with make_fetcher(lambda request: answers.pop() if answers else httpx.Response(200), limits=LIMITS, time=time) as fetcher:
        for _ in range(9):
            with pytest.raises(TransientFetchError):
                bind(fetcher).get("/version")
        time.seconds = 3600
        assert bind(fetcher).get("/version").status == 200
