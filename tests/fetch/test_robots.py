"""robots.txt: for pages only, read once, kept to."""

from __future__ import annotations

import socket
import threading

import httpx
import pytest

from tests.fetch.clients import BASE_URL, FakeTime, make_fetcher, make_info
from tests.fetch.loopback import answer, serving
from tracker.errors import BlockedError, FetchError, TransientFetchError
from tracker.fetch import BoundFetch, Fetcher, Limits
from tracker.fetch.robots import READ_BYTES, Rules


class Site:
    """A page site with this robots.txt; knows the paths that were asked for, and when."""

    def __init__(self, robots: httpx.Response | Exception, time: FakeTime | None = None) -> None:
        self.robots = robots
        self.time = time or FakeTime()
        self.asked: list[str] = []
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        self.times.append(self.time.seconds)
        if request.url.path == "/robots.txt":
            if isinstance(self.robots, Exception):
                raise self.robots
            return self.robots
        return httpx.Response(200, html="<p>a trial</p>")

    def fetcher(self, **limits: int) -> Fetcher:
        return make_fetcher(self, time=self.time, limits=Limits(**limits))


def page_fetch(fetcher: Fetcher, pace: float = 1000.0) -> BoundFetch:
    return fetcher.bind(make_info(page=True), base_url=BASE_URL, pace=pace)


def text(*lines: str) -> httpx.Response:
    return httpx.Response(200, text="\n".join(lines))


def test_robots_txt_is_read_once_before_the_first_page() -> None:
    site = Site(text("User-agent: *", "Disallow: /private/"))
    with site.fetcher() as fetcher:
        for _ in range(2):
            page_fetch(fetcher).get("https://registry.example/trials/1", accept="text/html")
    assert site.asked == ["/robots.txt", "/trials/1", "/trials/1"]


def test_programming_interfaces_are_exempt() -> None:
    site = Site(text("User-agent: *", "Disallow: /"))
    with site.fetcher() as fetcher:
        fetcher.bind(make_info(), base_url=BASE_URL, pace=1000).get("/version")
    assert site.asked == ["/api/v2/version"]


def test_a_page_that_is_not_allowed_is_not_asked_for() -> None:
    site = Site(text("User-agent: *", "Disallow: /trials/*/private$"))
    with site.fetcher() as fetcher:
        with pytest.raises(BlockedError, match=r"robots\.txt of registry\.example does not allow") as caught:
            page_fetch(fetcher).get("https://registry.example/trials/1/private", accept="text/html")
        assert "`pages`" in caught.value.remedy
        assert not caught.value.whole_host, "other pages of the host may be allowed"
        page_fetch(fetcher).get("https://registry.example/trials/1", accept="text/html")
    assert site.asked == ["/robots.txt", "/trials/1"]


def test_rules_for_us_by_name_come_before_rules_for_all() -> None:
    rules = Rules(b"User-agent: *\nDisallow: /\n\nUser-agent: trial-registry-tracker\nDisallow: /a\nAllow: /a/b\n")
    assert [rules.allows(f"https://x.example{path}") for path in ("/", "/a", "/a/b")] == [True, False, True]


def test_a_redirect_into_a_part_that_is_not_allowed_is_not_followed() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/robots.txt":
            return text("User-agent: *", "Disallow: /hidden")
        return httpx.Response(302, headers={"Location": "/hidden"})

    with make_fetcher(handler) as fetcher, pytest.raises(BlockedError, match="does not allow"):
        page_fetch(fetcher).get("https://registry.example/open", accept="text/html")
    assert asked == ["/robots.txt", "/open"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_there_is_none_everything_is_allowed(status: int) -> None:
    site = Site(httpx.Response(status, text="no such file"))
    with site.fetcher() as fetcher:
        assert page_fetch(fetcher).get("/trials/1", accept="text/html").status == 200


def test_a_page_that_stands_in_its_place_says_nothing() -> None:
    site = Site(httpx.Response(200, html="<title>Not found</title><p>Disallow: what?</p><input type=password>"))
    with site.fetcher() as fetcher:
        assert page_fetch(fetcher).get("/trials/1", accept="text/html").status == 200


@pytest.mark.parametrize("trouble", [httpx.Response(500), httpx.Response(501), httpx.ConnectError("refused")])
def test_where_it_cannot_be_read_no_page_is_asked_for(trouble: httpx.Response | Exception) -> None:
    """And it is not tried again for each page: once a run is enough."""
    site = Site(trouble)
    with site.fetcher(attempts=2) as fetcher:
        for _ in range(3):
            with pytest.raises(TransientFetchError, match=r"robots\.txt"):
                page_fetch(fetcher).get("/trials/1", accept="text/html")
    assert set(site.asked) == {"/robots.txt"}
    assert len(site.asked) <= 2


def test_a_challenge_before_it_is_a_block() -> None:
    site = Site(httpx.Response(403, html="<title>Just a moment...</title>"))
    with site.fetcher() as fetcher, pytest.raises(BlockedError, match="challenge page"):
        page_fetch(fetcher).get("/trials/1", accept="text/html")


@pytest.mark.parametrize(
    ("robots", "pace", "seconds"),
    [
        ("Crawl-delay: 10", 1.0, 10),
        ("Crawl-delay: 0.1", 1.0, 1),  # never faster than the source's own pace
        ("Request-rate: 1/20", 1.0, 20),
        ("Crawl-delay: soon", 1.0, 1),
    ],
)
def test_its_pace_slows_ours_and_never_speeds_it_up(robots: str, pace: float, seconds: float) -> None:
    site = Site(text("User-agent: *", robots))
    with site.fetcher() as fetcher:
        for number in range(3):
            page_fetch(fetcher, pace).get(f"/trials/{number}", accept="text/html")
    assert [later - earlier for earlier, later in zip(site.times[1:], site.times[2:], strict=False)] == [seconds, seconds]


def test_a_pace_that_no_run_can_keep_to_is_an_error() -> None:
    site = Site(text("User-agent: *", "Crawl-delay: 600"))
    with site.fetcher() as fetcher, pytest.raises(FetchError, match="600 seconds between two requests") as caught:
        page_fetch(fetcher).get("/trials/1", accept="text/html")
    assert "enabled = false" in caught.value.remedy
    assert site.asked == ["/robots.txt"]


def test_a_huge_or_binary_file_is_harmless() -> None:
    rules = Rules(b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\n" + b"\x00\xff" * 1_000_000)
    assert not rules.allows("https://x.example/a")
    assert rules.allows("https://x.example/b")


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_it_is_read_in_the_encodings_that_editors_save(coding: str) -> None:
    rules = Rules("User-agent: *\r\nDisallow: /a\r\nCrawl-delay: 7\r\n".encode(coding))
    assert not rules.allows("https://x.example/a")
    assert rules.allows("https://x.example/b")
    assert rules.delay == 7


@pytest.mark.parametrize(
    "line", ["Crawl-delay: nan", "crawl-delay : -inf # never", "Crawl-delay: 1e999", "Request-rate: 1/infinity"]
)
def test_a_delay_that_is_no_finite_number_is_refused(line: str) -> None:
    site = Site(text("User-agent: *", line))
    with site.fetcher() as fetcher, pytest.raises(BlockedError, match="a time without end"):
        page_fetch(fetcher).get("/trials/1", accept="text/html")
    assert site.asked == ["/robots.txt"]


def test_a_delay_for_others_alone_is_none_for_us() -> None:
    assert Rules(b"User-agent: greedy\nCrawl-delay: inf\n\nUser-agent: *\nCrawl-delay: 3\n").delay == 3


def test_it_is_read_to_512_kib_and_no_further() -> None:
    """What stands behind is not read; a line that is cut there would say what was not meant."""
    head = b"User-agent: *\nDisallow: /a\n"
    filling = b"#" * (READ_BYTES - len(head) - 11) + b"\n"
    sent: list[int] = []

    def handler(connection: socket.socket, request: bytes) -> None:
        if b"/robots.txt" not in request:
            connection.sendall(answer(b"<p>a trial</p>"))
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head + filling + b"Disallow: /trials\n")
        for number in range(300):
            connection.sendall(b"\n" * 2**20)
            sent.append(number)

    with serving(handler) as server, make_fetcher() as fetcher:
        configured = fetcher.bind(make_info(page=True), base_url=server.url, pace=1000)
        assert configured.get("/trials/1", accept="text/html").status == 200
        with pytest.raises(BlockedError, match="does not allow"):
            configured.get("/a", accept="text/html")
    assert len(sent) < 40


@pytest.mark.parametrize("piece", [b"", b"#"], ids=["silent", "trickling"])
def test_it_has_a_short_limit_of_its_own(piece: bytes) -> None:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not pause.wait(0.02):
            connection.sendall(piece)

    pause = threading.Event()
    with serving(handler) as server, make_fetcher(limits=Limits(robots_timeout=0.3)) as fetcher:
        fetch = fetcher.bind(make_info(page=True), base_url=server.url, pace=1000)
        for _ in range(5):
            with pytest.raises(TransientFetchError, match=r"robots\.txt.*too slow"):
                fetch.get("/trials/1", accept="text/html")
        assert len(server.requests) == 2
        pause.set()
