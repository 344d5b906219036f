"""The TLS profiles, proved on the bytes of real ClientHellos."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.fetch.clients import FakeTime, make_fetcher, make_info
from tests.fetch.loopback import answer
from tests.fetch.loopback_tls import (
    POST_HANDSHAKE_AUTH,
    SESSION_TICKET,
    Hello,
    TlsServer,
    hello_of,
    tls_server,
)
from tracker import sources
from tracker.errors import BlockedError, FetchError, TransientFetchError
from tracker.fetch import BoundFetch, Fetcher, Limits, ssl_context
from tracker.model.source import TLS_PROFILES, TlsChoice, TlsProfile


def likes_the_standard_library(hello: Hello) -> bool:
    return POST_HANDSHAKE_AUTH in hello.extensions


def likes_requests(hello: Hello) -> bool:
    return SESSION_TICKET not in hello.extensions


def likes_tls_1_2(hello: Hello) -> bool:
    return not hello.offers_tls_1_3


def likes_curl(hello: Hello) -> bool:
    return hello.ciphers == hello_of(ssl_context("curl-like")).ciphers


def likes_nobody(hello: Hello) -> bool:
    return False


def bound(fetcher: Fetcher, server: TlsServer, *, tls: TlsChoice = "auto") -> BoundFetch:
    return fetcher.bind(make_info(tls_profiles_may_help=True), base_url=server.url, pace=1000, tls=tls)


# --- the ClientHellos


def test_the_first_client_hello_is_that_of_urllib() -> None:
    """Hosts of the NIH are reported to refuse httpx's own, which lacks extension 49."""
    of_urllib = ssl._create_default_https_context()
    of_urllib.post_handshake_auth = True
    ours = hello_of(ssl_context())
    assert POST_HANDSHAKE_AUTH in ours.extensions
    assert ours == hello_of(of_urllib)


def test_the_second_client_hello_has_no_session_ticket() -> None:
    first, second = hello_of(ssl_context()), hello_of(ssl_context("requests-like"))
    assert second.extensions == tuple(number for number in first.extensions if number != SESSION_TICKET)
    assert (second.versions, second.ciphers) == (first.versions, first.ciphers)


def test_the_third_client_hello_offers_tls_1_2_only() -> None:
    first, third = hello_of(ssl_context()), hello_of(ssl_context("tls1.2"))
    assert first.offers_tls_1_3
    assert not third.offers_tls_1_3
    assert third.ciphers < first.ciphers


def test_the_fourth_client_hello_offers_what_curl_offers_but_no_version_before_tls_1_2() -> None:
    """Curl sends the extensions of ``requests`` in the same order, and every cipher suite that OpenSSL offers by itself."""
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    plain.set_ciphers("DEFAULT")
    plain.minimum_version = ssl.TLSVersion.TLSv1_2
    second, fourth = hello_of(ssl_context("requests-like")), hello_of(ssl_context("curl-like"))
    assert fourth.extensions == second.extensions
    assert fourth.ciphers == hello_of(plain).ciphers > second.ciphers
    assert fourth.versions == (b"\x03\x04", b"\x03\x03")


def test_the_client_hello_of_plain_httpx_is_not_one_of_ours() -> None:
    plain = hello_of(httpx.create_ssl_context())
    assert plain not in [hello_of(ssl_context(profile)) for profile in TLS_PROFILES]


@pytest.mark.parametrize("profile", TLS_PROFILES)
def test_certificates_are_verified_with_every_profile(profile: TlsProfile) -> None:
    context = ssl_context(profile)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_certificate_that_is_not_trusted_is_told_at_once(certificate: Path) -> None:
    time = FakeTime()
    with (
        tls_server(certificate) as server,
        make_fetcher(time=time) as fetcher,
        pytest.raises(FetchError, match="certificate is not trusted") as caught,
    ):
        bound(fetcher, server).get("/")
    assert not isinstance(caught.value, TransientFetchError)
    assert time.slept == []


# --- which profile is used


@pytest.mark.parametrize(
    ("likes", "profile"),
    [
        (likes_the_standard_library, "standard library"),
        (likes_requests, "requests-like"),
        (likes_tls_1_2, "tls1.2"),
        (likes_curl, "curl-like"),
    ],
)
def test_profiles_are_tried_until_the_host_accepts_one(
    trusted: Path, likes: Callable[[Hello], bool], profile: TlsProfile
) -> None:
    remembered: list[tuple[str, str]] = []
    with (
        tls_server(trusted, likes) as server,
        make_fetcher(remember=lambda host, name: remembered.append((host, name))) as fetcher,
    ):
        fetch = bound(fetcher, server)
        assert fetch.get("/version").body == b"[]"
        tried = TLS_PROFILES.index(profile) + 1
        assert [likes(hello) for hello in server.hellos] == [False] * (tried - 1) + [True]
        assert [str(attempt) for attempt in fetch.attempts()] == [
            *(f"403 with {name}" for name in TLS_PROFILES[: tried - 1]),
            f"200 with {profile}",
        ]
        fetch.get("/version")
        assert len(server.hellos) == tried + 1, "the next request begins with the profile that worked"
        assert likes(server.hellos[-1])
    assert remembered == ([] if profile == "standard library" else [(server.host, profile)])


def test_what_an_earlier_run_remembered_comes_first(trusted: Path) -> None:
    with tls_server(trusted, likes_tls_1_2) as server, make_fetcher(profiles={server.host: "tls1.2"}) as fetcher:
        bound(fetcher, server).get("/version")
        assert len(server.hellos) == 1


def test_a_remembered_profile_that_is_refused_now_leads_to_the_others(trusted: Path) -> None:
    remembered: list[str] = []
    with tls_server(trusted, lambda hello: hello.offers_tls_1_3) as server:
        profiles = {server.host: "tls1.2"}
        with make_fetcher(profiles=profiles, remember=lambda host, name: remembered.append(name)) as fetcher:
            bound(fetcher, server).get("/version")
    assert remembered == ["standard library"]


def test_a_profile_of_another_version_of_this_program_is_passed_over(trusted: Path) -> None:
    with tls_server(trusted) as server, make_fetcher(profiles={server.host: "quic"}) as fetcher:
        bound(fetcher, server).get("/version")
        assert str(bound(fetcher, server).attempts()[0]) == "200 with standard library"


def test_where_no_profile_helps_the_error_says_what_each_one_got(trusted: Path) -> None:
    with tls_server(trusted, likes_nobody) as server, make_fetcher() as fetcher:
        fetch = bound(fetcher, server)
        with pytest.raises(BlockedError) as caught:
            fetch.get("/version")
        assert (
            "Tried: 403 with standard library, 403 with requests-like, 403 with tls1.2, 403 with curl-like."
            in caught.value.message
        )
        assert "[sources.registry]" in caught.value.remedy
        with pytest.raises(BlockedError):
            fetch.get("/version")
        assert len(server.hellos) == len(TLS_PROFILES) + 1, "the others are tried once per run"


# --- interfaces of one host


def of_api(fetcher: Fetcher, server: TlsServer) -> BoundFetch:
    return fetcher.bind(make_info(tls_profiles_may_help=True), base_url=f"{server.url}/api/v2", pace=1000)


def test_each_interface_of_a_host_has_the_profile_that_it_accepts(trusted: Path) -> None:
    """What guards ``/api/int`` says nothing of ``/api/v2``, and the other way about."""
    remembered: list[tuple[str, str]] = []
    with (
        tls_server(trusted, path=("/api/int/", likes_curl)) as server,
        make_fetcher(remember=lambda place, name: remembered.append((place, name))) as fetcher,
    ):
        fetch = of_api(fetcher, server)
        fetch.get("/version")
        fetch.get(f"{server.url}/api/int/studies/NCT00000001")
        fetch.get(f"{server.url}/api/int/studies/NCT00000002/history/3")
        fetch.get("/studies")
        sent = ["curl-like" if likes_curl(hello) else "another" for hello in server.hellos]
        others = ["another"] * (len(TLS_PROFILES) - 1)
        assert sent == ["another", *others, "curl-like", "curl-like", "another"]
        assert [str(attempt) for attempt in fetch.attempts()] == ["200 with standard library"]
    assert remembered == [(f"{server.host}/api/int", "curl-like")]


def test_a_profile_that_was_remembered_for_a_host_is_where_each_of_its_interfaces_begins(trusted: Path) -> None:
    """Earlier releases remembered hosts only."""
    remembered: list[tuple[str, str]] = []
    with (
        tls_server(trusted, path=("/api/int/", likes_curl)) as server,
        make_fetcher(
            profiles={server.host: "tls1.2"}, remember=lambda place, name: remembered.append((place, name))
        ) as fetcher,
    ):
        fetch = of_api(fetcher, server)
        fetch.get("/version")
        fetch.get(f"{server.url}/api/int/studies/NCT00000001")
        assert [likes_tls_1_2(hello) for hello in server.hellos[:2]] == [True, True]
    assert remembered == [(f"{server.host}/api/int", "curl-like")]


def test_a_refusal_that_may_be_about_the_address_alone_is_not_answered_with_another_profile(trusted: Path) -> None:
    with tls_server(trusted, likes_nobody) as server, make_fetcher() as fetcher:
        fetch = of_api(fetcher, server)
        with pytest.raises(BlockedError):
            fetch.get(f"{server.url}/api/int/studies/NCT00000001/history/99", try_profiles=False)
        assert len(server.hellos) == 1
        with pytest.raises(BlockedError):
            fetch.get(f"{server.url}/api/int/studies/NCT00000001")
        assert len(server.hellos) == 1 + len(TLS_PROFILES), "the others are still to be tried for an address that must be there"


# --- when no other profile is tried


def test_a_refusal_of_the_interface_itself_is_not_about_tls(trusted: Path) -> None:
    refusal = answer(b'{"error": "forbidden"}', "403 Forbidden", "Content-Type: application/json")
    with tls_server(trusted, likes_nobody, refusal=refusal) as server, make_fetcher() as fetcher:
        with pytest.raises(BlockedError, match="this is a block"):
            bound(fetcher, server).get("/version")
        assert len(server.hellos) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        answer(b"<html><title>Just a moment...</title>", "403 Forbidden", "Content-Type: text/html"),
        answer(b"", "403 Forbidden", "cf-mitigated: challenge"),
    ],
    ids=["body", "header"],
)
def test_a_challenge_is_not_answered_with_another_profile(trusted: Path, refusal: bytes) -> None:
    with tls_server(trusted, likes_nobody, refusal=refusal) as server, make_fetcher() as fetcher:
        with pytest.raises(BlockedError, match="challenge page"):
            bound(fetcher, server).get("/version")
        assert len(server.hellos) == 1
        assert str(fetcher.attempts(server.host)[0]) == "challenge page with standard library"


def test_other_sources_try_one_profile(trusted: Path) -> None:
    with tls_server(trusted, likes_tls_1_2) as server, make_fetcher() as fetcher:
        with pytest.raises(BlockedError):
            fetcher.bind(make_info(), base_url=server.url, pace=1000).get("/version")
        assert len(server.hellos) == 1


def test_only_clinicaltrials_gov_declares_that_profiles_may_help() -> None:
    assert [key for key, source in sources.load().items() if source.info.tls_profiles_may_help] == ["ctgov"]


def test_a_profile_set_by_hand_is_the_only_one_and_not_remembered(trusted: Path) -> None:
    def remember(host: str, profile: str) -> None:
        pytest.fail("it would outlive the setting")

    with tls_server(trusted, likes_requests) as server, make_fetcher(remember=remember) as fetcher:
        with pytest.raises(BlockedError, match=r"Tried: 403 with tls1\.2"):
            bound(fetcher, server, tls="tls1.2").get("/version")
        assert bound(fetcher, server, tls="requests-like").get("/version").status == 200
        assert len(server.hellos) == 2


def test_trouble_with_a_later_profile_does_not_hide_the_refusal() -> None:
    """The host refused the first profile, so it is there; the error adds that the others found no connection."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.extensions["profile"] == "standard library":
            return httpx.Response(403, text="no")
        raise httpx.ConnectError("reset")

    with make_fetcher(handler, limits=Limits(attempts=1)) as fetcher, pytest.raises(BlockedError) as caught:
        fetcher.bind(make_info(tls_profiles_may_help=True), base_url="https://registry.example", pace=1000).get("/version")
    assert "no answer with requests-like" in caught.value.message


def test_passing_trouble_settles_nothing() -> None:
    remembered: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403 if request.extensions["profile"] == "standard library" else 503, text="no")

    with (
        make_fetcher(handler, remember=lambda host, name: remembered.append(name), limits=Limits(attempts=1)) as fetcher,
        pytest.raises(BlockedError),
    ):
        fetcher.bind(make_info(tls_profiles_may_help=True), base_url="https://registry.example", pace=1000).get("/version")
    assert remembered == []


# --- what doctor asks


def test_a_probe_tries_every_profile_and_changes_nothing(trusted: Path) -> None:
    with tls_server(trusted, likes_requests) as server, make_fetcher() as fetcher:
        fetch = bound(fetcher, server)
        told = ", ".join(map(str, fetch.probe("/version")))
        assert told == "403 with standard library, 200 with requests-like, 403 with tls1.2, 200 with curl-like"
        fetch.get("/version")
        assert len(server.hellos) == len(TLS_PROFILES) + 2, "the next request begins with the first profile"


def test_a_probe_of_a_plain_address_has_nothing_to_tell() -> None:
    with make_fetcher() as fetcher:
        assert fetcher.bind(make_info(), base_url="http://127.0.0.1:9", pace=1000).probe("/version") == ()


# --- who we say we are


@pytest.mark.parametrize(
    ("given", "sent"),
    [(None, b"User-Agent: trial-registry-tracker/0.0 (test)\r\n"), ("mine/1", b"User-Agent: mine/1\r\n"), ("", None)],
)
def test_the_user_agent_can_be_set_by_hand_and_left_out(trusted: Path, given: str | None, sent: bytes | None) -> None:
    with tls_server(trusted) as server, make_fetcher() as fetcher:
        fetcher.bind(make_info(), base_url=server.url, pace=1000, user_agent=given).get("/version")
        if sent is None:
            assert b"user-agent" not in server.heads[0].lower()
        else:
            assert sent in server.heads[0]
