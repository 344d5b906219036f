"""Challenge and login pages: told as blocks, whatever their status; real pages that look a little like them pass."""

from __future__ import annotations

import httpx
import pytest

from tests.fetch.clients import BASE_URL, make_fetcher, make_info
from tracker.errors import BlockedError, FetchError, StatusError
from tracker.fetch.challenges import leads_to_login

CHALLENGES = {
    "Cloudflare title": "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Enable JavaScript</body>",
    "Cloudflare script": "<html><script>window._cf_chl_opt = {cType: 'managed'};</script></html>",
    "AWS WAF": '<html><script>window.gokuProps = {"key": "x"};</script><div id="challenge-container"></div></html>',
    "DataDome": '<html><iframe src="https://geo.captcha-delivery.com/captcha/?cid=x"></iframe></html>',
    "HUMAN": '<html><div id="px-captcha"></div></html>',
    "Imperva": "<html><iframe>Request unsuccessful. Incapsula incident ID: 1-2</iframe></html>",
}
TRIAL = "<p>" + "A study of one drug in adults with lupus, with all that such a page says. " * 30
LOGIN_FORM = '<form><input name="user"><input type="PASSWORD" name="p"></form>'


def page_answered(answer: httpx.Response) -> httpx.Response | FetchError | None:
    """What a page source gets: None for a page, else the error."""

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if request.url.path == "/robots.txt" else answer

    with make_fetcher(handler) as fetcher:
        try:
            fetcher.bind(make_info(page=True), base_url=BASE_URL, pace=1000).get("/trials/1", accept="text/html")
        except FetchError as error:
            return error
    return None


@pytest.mark.parametrize("status", [200, 403, 503])
@pytest.mark.parametrize("page", CHALLENGES.values(), ids=CHALLENGES)
def test_a_challenge_page_is_a_block_whatever_its_status(status: int, page: str) -> None:
    error = page_answered(httpx.Response(status, html=page))
    assert isinstance(error, BlockedError)
    assert "challenge page for browsers" in error.message
    assert f"with status {status}" in error.message
    assert "a block, not a change; nothing is solved or bypassed" in error.remedy


def test_a_challenge_in_place_of_the_interface_is_a_block() -> None:
    answer = httpx.Response(200, html=CHALLENGES["AWS WAF"])
    with make_fetcher(lambda request: answer) as fetcher, pytest.raises(BlockedError, match="AWS WAF"):
        fetcher.bind(make_info(), base_url=BASE_URL, pace=1000).get("/version")


@pytest.mark.parametrize(
    "page",
    [
        f"<title>A trial</title><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>{TRIAL}",
        f"<title>Just a pill</title>{TRIAL}<p>It takes just a moment... to join.</p>",
        f"<title>A trial</title>{TRIAL}<script src='https://js.datadome.co/tags.js'></script>",
    ],
)
def test_what_firewalls_add_to_real_pages_is_no_challenge(page: str) -> None:
    assert page_answered(httpx.Response(200, html=page)) is None


def test_a_record_that_speaks_of_challenges_is_an_answer() -> None:
    body = {"briefTitle": "<title>Just a moment...</title> _cf_chl_opt", "note": '<input type="password">'}
    with make_fetcher(lambda request: httpx.Response(200, json=body)) as fetcher:
        assert fetcher.bind(make_info(), base_url=BASE_URL, pace=1000).get("/studies").status == 200


# --- logins


@pytest.mark.parametrize("title", ["Log in", "Sign in | TrialSite", "Login", "Anmelden"])
@pytest.mark.parametrize("status", [200, 403])
def test_a_login_page_is_a_block(title: str, status: int) -> None:
    error = page_answered(httpx.Response(status, html=f"<title>{title}</title>{LOGIN_FORM}{TRIAL}"))
    assert isinstance(error, BlockedError)
    assert "a login page came instead" in error.message
    assert "no longer public" in error.remedy
    assert not error.whole_host


def test_a_page_that_is_nothing_but_a_password_form_is_a_login() -> None:
    assert isinstance(
        page_answered(httpx.Response(200, html=f"<title>TrialSite</title>Welcome back!{LOGIN_FORM}")), BlockedError
    )


@pytest.mark.parametrize(
    "page",
    [
        f"<title>A study of one drug</title>{TRIAL}{LOGIN_FORM}",
        f"<title>A study of one drug</title>{TRIAL}<!-- {LOGIN_FORM} -->",
        f"<title>Sign in sheets and adherence</title>{TRIAL}",
        "<title>A short page</title><p>Forgot the password? Ask the site.</p>",
    ],
    ids=["a login in the header", "commented out", "a title alone", "a word alone"],
)
def test_a_trial_page_with_a_login_on_it_is_a_page(page: str) -> None:
    assert page_answered(httpx.Response(200, html=page)) is None


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_gone_even_with_a_login_on_it(status: int) -> None:
    """Taken for a login, a removed trial would never be told."""
    error = page_answered(httpx.Response(status, html=f"<title>TrialSite</title>Not found. Log in?{LOGIN_FORM}"))
    assert isinstance(error, StatusError)
    assert error.status == status


@pytest.mark.parametrize(
    "location",
    [
        "/login?next=/trials/1",
        "/users/sign_in",
        "/account/LogOn",
        "https://login.example/x",
        "https://registry.example/sso/start",
    ],
)
def test_a_redirect_to_a_login_is_a_block_and_not_followed(location: str) -> None:
    error = page_answered(httpx.Response(302, headers={"Location": location}))
    assert isinstance(error, BlockedError)
    assert "leads to a login page" in error.message
    assert not error.whole_host


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/trials/login-behaviour-study",
        "https://x.example/catalog/1",
        "https://www.blogin.example/",
        "https://x.example/trials/1?next=/login",
    ],
)
def test_other_redirects_are_not_taken_for_logins(url: str) -> None:
    assert not leads_to_login(url)
