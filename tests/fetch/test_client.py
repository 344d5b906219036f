"""What is asked, what comes back, and what each unwelcome answer turns into."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from email.utils import format_datetime

import httpx
import pytest

from tests.fetch.clients import BASE_URL, START, FakeTime, bind, make_fetcher
from tracker.errors import BlockedError, FetchError, StatusError, TooLargeError, TransientFetchError
from tracker.fetch import Limits, user_agent
from tracker.model.source import Fetch, Validators

Handler = Callable[[httpx.Request], httpx.Response]


def scripted(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A handler that gives these answers one after the other, and the list of what it was asked."""
    left = list(answers)
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler, asked


def error_of(answer: httpx.Response, *, url: str = "/studies/NCT00000001") -> FetchError:
    """What `get` raises when every try is answered like this."""
    with make_fetcher(lambda request: answer) as fetcher, pytest.raises(FetchError) as caught:
        bind(fetcher).get(url)
    return caught.value


# --- asking and being answered


def test_an_answer_is_complete_and_as_served() -> None:
    body = b'{"a": "\xc3\xbc"}'
    handler, asked = scripted(httpx.Response(200, content=body, headers={"Content-Type": "application/json", "ETag": '"1"'}))
    with make_fetcher(handler) as fetcher:
        fetch: Fetch = bind(fetcher)
        response = fetch.get("/studies", [("pageSize", "2")])
    assert (response.status, response.body, response.url) == (200, body, BASE_URL + "/studies?pageSize=2")
    assert response.content_type == "application/json"
    assert response.validators == Validators(etag='"1"')
    assert response.fetched_at == START
    assert str(asked[0].url) == response.url


def test_requests_say_who_asks_and_for_what() -> None:
    handler, asked = scripted(httpx.Response(200))
    with make_fetcher(handler) as fetcher:
        bind(fetcher).get("/page", accept="text/html")
    headers = asked[0].headers
    assert headers["user-agent"] == "trial-registry-tracker/0.0 (test)"
    assert (headers["accept"], headers["accept-encoding"]) == ("text/html", "gzip, zstd")


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("you@example.org", "trial-registry-tracker/0.1.0 (+mailto:you@example.org)"),
        ("mailto:you@example.org", "trial-registry-tracker/0.1.0 (+mailto:you@example.org)"),
        ("https://example.org/bot", "trial-registry-tracker/0.1.0 (+https://example.org/bot)"),
        ("", "trial-registry-tracker/0.1.0"),
        ("you@example.org\r\nX-Evil: 1", "trial-registry-tracker/0.1.0 (+mailto:you@example.orgX-Evil:1)"),
    ],
)
def test_the_user_agent_is_honest_and_cannot_carry_a_header(contact: str, expected: str) -> None:
    assert user_agent(contact, "0.1.0") == expected


def test_packed_answers_are_unpacked() -> None:
    handler, _ = scripted(httpx.Response(200, content=gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"}))
    with make_fetcher(handler) as fetcher:
        assert bind(fetcher).get("/").body == b"[]"


# --- has it changed?


def test_validators_are_sent_and_not_modified_is_an_answer() -> None:
    handler, asked = scripted(httpx.Response(304, headers={"ETag": '"1"'}))
    validators = Validators(etag='"1"', last_modified="Mon, 05 Jan 2026 06:00:00 GMT")
    with make_fetcher(handler) as fetcher:
        response = bind(fetcher).get("/page", validators=validators)
    assert (response.status, response.body) == (304, b"")
    assert asked[0].headers["if-none-match"] == '"1"'
    assert asked[0].headers["if-modified-since"] == "Mon, 05 Jan 2026 06:00:00 GMT"


@pytest.mark.parametrize("validators", [None, Validators(), Validators(etag='"caf\u00e9"')])
def test_not_modified_that_was_not_asked_for_is_an_error(validators: Validators | None) -> None:
    """Taken as an answer it would say "unchanged" of something we never had."""
    handler, asked = scripted(httpx.Response(304))
    with make_fetcher(handler) as fetcher, pytest.raises(StatusError) as caught:
        bind(fetcher).get("/page", validators=validators)
    assert caught.value.status == 304
    assert "if-none-match" not in asked[0].headers


# --- other statuses


@pytest.mark.parametrize("status", [204, 206, 300, 400, 404, 405, 410, 414, 501])
def test_other_statuses_are_kept_and_not_tried_again(status: int) -> None:
    handler, asked = scripted(httpx.Response(status, text="No such study"))
    with make_fetcher(handler) as fetcher, pytest.raises(StatusError) as caught:
        bind(fetcher).get("/studies/NCT00000001")
    assert caught.value.status == status
    assert len(asked) == 1


def test_an_error_names_address_status_and_the_first_words() -> None:
    page = (
        "<html><head><style>p {}</style><title>Bad&nbsp;request</title></head><body><p>filter.ids: <b>wrong</b></body></html>"
    )
    error = error_of(httpx.Response(400, html=page), url="/studies?api_key=s3cret")
    assert str(error) == f'GET {BASE_URL}/studies?api_key=***: status 400, "Bad request filter.ids: wrong".'
    assert (error.source, error.url) == ("registry", BASE_URL + "/studies?api_key=***")


def test_long_and_binary_bodies_are_not_quoted_in_full() -> None:
    assert len(str(error_of(httpx.Response(400, text="word " * 100_000)))) < 400
    assert str(error_of(httpx.Response(400, content=b"\x00\x01", headers={"Content-Type": "image/png"}))).endswith(
        "status 400."
    )
    assert "\x1b" not in str(error_of(httpx.Response(400, text="\x1b[31mred")))


@pytest.mark.parametrize("status", [401, 403, 407, 451])
def test_a_refusal_is_called_a_block_and_not_tried_again(status: int) -> None:
    handler, asked = scripted(httpx.Response(status, text="Access denied"))
    with make_fetcher(handler) as fetcher, pytest.raises(BlockedError, match="this is a block: status") as caught:
        bind(fetcher).get("/version")
    assert "tracker doctor" in caught.value.remedy
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "header"),
    [(200, ("cf-mitigated", "challenge")), (503, ("cf-mitigated", "challenge")), (202, ("x-amzn-waf-action", "challenge"))],
)
def test_a_challenge_page_is_a_block_whatever_its_status(status: int, header: tuple[str, str]) -> None:
    error = error_of(httpx.Response(status, text="Just a moment", headers=[header]))
    assert isinstance(error, BlockedError)


# --- trying again


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_troubles_are_tried_again(status: int) -> None:
    handler, asked = scripted(httpx.Response(status), httpx.Response(status), httpx.Response(200, content=b"[]"))
    time = FakeTime()
    with make_fetcher(handler, time=time) as fetcher:
        assert bind(fetcher).get("/version").body == b"[]"
    assert len(asked) == 3
    assert 0.75 <= time.slept[0] <= 1.5
    assert 1.5 <= time.slept[1] <= 3


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("too slow"),
        httpx.ConnectTimeout("too slow"),
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut off"),
    ],
)
def test_broken_connections_are_tried_again(trouble: httpx.TransportError) -> None:
    handler, asked = scripted(trouble, httpx.Response(200))
    with make_fetcher(handler) as fetcher:
        assert bind(fetcher).get("/version").status == 200
    assert len(asked) == 2


def test_tries_come_to_an_end_and_the_error_says_how_many_they_were() -> None:
    handler, asked = scripted(*[httpx.ReadTimeout("no news")] * 3)
    with make_fetcher(handler, limits=Limits(attempts=3)) as fetcher, pytest.raises(TransientFetchError) as caught:
        bind(fetcher).get("/version")
    assert str(caught.value) == (
        f"GET {BASE_URL}/version: no answer in time (no news). Tried 3 times; the next run tries again."
    )
    assert len(asked) == 3


@pytest.mark.parametrize("value", ["40", format_datetime(START.replace(second=40), usegmt=True)])
def test_retry_after_is_waited_for(value: str) -> None:
    handler, _ = scripted(httpx.Response(429, headers={"Retry-After": value}), httpx.Response(200))
    time = FakeTime()
    with make_fetcher(handler, time=time) as fetcher:
        assert bind(fetcher).get("/version").status == 200
    assert time.slept == [40]


@pytest.mark.parametrize("value", ["soon", "", "0", "-5", "Mon, 99 Jan 2026 06:00:00 GMT", "Mon, 05 Jan 2026 05:00:00 GMT"])
def test_a_retry_after_that_says_nothing_or_is_over_is_an_ordinary_pause(value: str) -> None:
    handler, _ = scripted(httpx.Response(503, headers={"Retry-After": value}), httpx.Response(200))
    time = FakeTime()
    with make_fetcher(handler, time=time) as fetcher:
        bind(fetcher).get("/version")
    assert 0.75 <= time.slept[0] <= 1.5


def test_a_long_retry_after_ends_the_asking_of_that_host() -> None:
    """Neither this address nor the next one of the same host is asked before the time the host named."""
    handler, asked = scripted(httpx.Response(429, headers={"Retry-After": "3600"}), httpx.Response(200))
    time = FakeTime()
    with make_fetcher(handler, time=time) as fetcher:
        fetch = bind(fetcher)
        for _ in range(2):
            with pytest.raises(TransientFetchError) as caught:
                fetch.get("/version")
            assert caught.value.retry_after == 3600
        assert len(asked) == 1
        assert time.slept == []
        time.seconds = 3600
        assert fetch.get("/version").status == 200


# --- where we go


def test_redirects_are_followed_within_the_sources_hosts() -> None:
    handler, asked = scripted(
        httpx.Response(301, headers={"Location": "/new"}),
        httpx.Response(302, headers={"Location": "https://www.registry.example/new"}),
        httpx.Response(200, content=b"here"),
    )
    with make_fetcher(handler) as fetcher:
        response = bind(fetcher, hosts=("registry.example", "www.registry.example")).get("/old", accept="text/html")
    assert (response.url, response.body) == ("https://www.registry.example/new", b"here")
    assert [request.headers["accept"] for request in asked] == ["text/html"] * 3
    assert asked[2].headers["host"] == "www.registry.example"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://elsewhere.example/?next=x", "leads away to elsewhere.example"),
        ("http://registry.example/old", "from https down to http"),
        ("https://registry.example:8443/", "leads away to registry.example:8443"),
        ("http://169.254.169.254/latest/meta-data", "from https down to http"),
        ("https://127.0.0.1/", "leads away to 127.0.0.1"),
        ("file:///etc/passwd", "not an http or https address"),
        ("/old", "in a circle"),
        ("https://[/", "Invalid IPv6 URL"),
    ],
)
def test_redirects_that_lead_elsewhere_are_refused(location: str, reason: str) -> None:
    handler, asked = scripted(httpx.Response(302, headers={"Location": location}))
    with make_fetcher(handler) as fetcher, pytest.raises(StatusError, match=reason) as caught:
        bind(fetcher, base_url="https://registry.example").get("/old")
    assert caught.value.status == 302
    assert len(asked) == 1


def test_redirects_come_to_an_end() -> None:
    handler, asked = scripted(*(httpx.Response(302, headers={"Location": f"/{n}"}) for n in range(9)))
    with make_fetcher(handler, limits=Limits(redirects=3)) as fetcher, pytest.raises(StatusError, match="not followed"):
        bind(fetcher).get("/start")
    assert len(asked) == 4


def test_a_redirect_to_nowhere_is_an_error() -> None:
    assert isinstance(error_of(httpx.Response(302)), StatusError)


@pytest.mark.parametrize(
    "url", ["https://other.example/a", "http://127.0.0.1/a", "file:///etc/passwd", "https://registry.example@evil.example/"]
)
def test_only_the_hosts_of_the_source_are_asked(url: str) -> None:
    handler, asked = scripted()
    with make_fetcher(handler) as fetcher, pytest.raises(FetchError, match=r"Addresses of registry are on registry\.example"):
        bind(fetcher).get(url)
    assert asked == []


def test_the_base_url_of_the_configuration_may_be_another_host() -> None:
    handler, _ = scripted(httpx.Response(200))
    with make_fetcher(handler) as fetcher:
        assert bind(fetcher, base_url="http://127.0.0.1:8000/api").get("/version").url == "http://127.0.0.1:8000/api/version"


# --- caps


def test_an_announced_size_above_the_cap_is_not_read() -> None:
    def stream() -> object:
        pytest.fail("it was read")
        yield b""

    answer = httpx.Response(200, content=stream(), headers={"Content-Length": "1001"})  # type: ignore[arg-type]
    handler, _ = scripted(answer)
    with make_fetcher(handler, limits=Limits(max_bytes=1000)) as fetcher, pytest.raises(TooLargeError):
        bind(fetcher).get("/")


@pytest.mark.parametrize("size", [1000, 1001])
def test_the_cap_holds_for_the_body_on_the_wire_and_unpacked(size: int) -> None:
    plain = httpx.Response(200, content=iter([bytes(1), bytes(size - 1)]))
    packed = httpx.Response(200, content=gzip.compress(bytes(size)), headers={"Content-Encoding": "gzip"})
    for answer in (plain, packed):
        with make_fetcher(lambda request, answer=answer: answer, limits=Limits(max_bytes=1000)) as fetcher:  # type: ignore[misc]
            if size <= 1000:
                assert len(bind(fetcher).get("/").body) == size
            else:
                with pytest.raises(TooLargeError, match="larger than"):
                    bind(fetcher).get("/")


def test_a_refusal_with_a_damaged_body_is_still_that_refusal() -> None:
    error = error_of(httpx.Response(404, content=iter([b"not packed"]), headers={"Content-Encoding": "gzip"}))
    assert isinstance(error, StatusError)
    assert error.status == 404


def test_a_packing_that_was_not_asked_for_is_an_error() -> None:
    error = error_of(httpx.Response(200, content=iter([b"\x00"]), headers={"Content-Encoding": "br"}))
    assert "packed as br" in str(error)
