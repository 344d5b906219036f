from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetch.addresses import Origin, full_url, masked_url, origin_of, redirect_target, without_login


@pytest.mark.parametrize(
    ("base_url", "url", "expected"),
    [
        ("https://x.example/api/v2", "/version", "https://x.example/api/v2/version"),
        ("https://x.example/api/v2", "version", "https://x.example/api/v2/version"),
        ("https://x.example/api/v2/", "/studies/NCT1", "https://x.example/api/v2/studies/NCT1"),
        ("https://x.example", "", "https://x.example"),
        ("https://x.example/search", "?q=1", "https://x.example/search?q=1"),
        ("https://x.example/api", "https://y.example/page#top", "https://y.example/page"),
    ],
)
def test_relative_addresses_are_below_the_base_url(base_url: str, url: str, expected: str) -> None:
    assert full_url(base_url, url) == expected


def test_params_are_encoded_so_that_strict_servers_take_them() -> None:
    url = full_url(
        "https://x.example", "/s", [("filter.advanced", "AREA[LastUpdatePostDate]RANGE[2026-01-01,MAX]"), ("f", "a|b c")]
    )
    assert url == "https://x.example/s?filter.advanced=AREA%5BLastUpdatePostDate%5DRANGE%5B2026-01-01,MAX%5D&f=a%7Cb%20c"


def test_params_are_added_to_a_query_that_is_there() -> None:
    assert full_url("https://x.example", "/s?a=1", [("b", "2")]) == "https://x.example/s?a=1&b=2"


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_what_is_sent_reads_back_as_it_was_given(params: list[tuple[str, str]]) -> None:
    url = full_url("https://x.example", "/s", params)
    assert url.isascii()
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == params


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://X.Example:443/a", Origin("https", "x.example")),
        ("http://127.0.0.1:8000/", Origin("http", "127.0.0.1:8000")),
        ("https://user:pw@x.example/", Origin("https", "x.example")),
        ("https://[::1]:8000/", Origin("https", "[::1]:8000")),
    ],
)
def test_an_origin_names_the_host_and_an_unusual_port(url: str, expected: Origin) -> None:
    assert origin_of(url) == expected


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x.example/", "https://", "x.example/a", "https://x.example:99999/"]
)
def test_other_schemes_and_broken_addresses_have_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        origin_of(url)


def test_a_redirect_down_to_http_is_refused_and_up_to_https_is_not() -> None:
    assert redirect_target("http://x.example/a", "https://x.example/b#part") == "https://x.example/b"
    assert redirect_target("https://x.example/a/b", "../c?d=1") == "https://x.example/c?d=1"
    with pytest.raises(ValueError, match="down to http"):
        redirect_target("https://x.example/a", "http://x.example/b")


def test_logins_and_secret_parameters_are_not_shown() -> None:
    url = "https://user:hunter2@x.example/a?id=NCT00000001&api_key=s3cret&access_token=t0ken"
    assert masked_url(url) == "https://x.example/a?id=NCT00000001&api_key=***&access_token=***"
    assert without_login("https://user:hunter2@x.example/a") == "https://x.example/a"
    assert masked_url("https://x.example/a?filter=AREA%5BX%5D") == "https://x.example/a?filter=AREA%5BX%5D"
    assert "hunter2" not in masked_url("https://user:hunter2@[x/")
