"""One exchange with a host: the request, the raw response, and which error an unwelcome response is."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from tracker.errors import BlockedError, FetchError, StatusError, TransientFetchError, printable
from tracker.fetch.addresses import masked_url
from tracker.fetch.challenges import challenge, is_login_page
from tracker.model.http_times import retry_after
from tracker.model.source import TlsChoice

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
BLOCKED_STATUSES = frozenset({401, 403, 407, 451})
LOGIN_STATUSES = frozenset({200, 401, 403, 503})
"""A page with one of these may be a login page; 404 and 410 mean "gone", whatever the page shows."""

_BLOCK_REMEDY = (
    "The host refuses us; this says nothing about the trial. An [http] contact lets the host reach you; lower the pace of "
    "the source, wait some hours, and run `tracker doctor` to see what the host accepts."
)
_CHALLENGE_REMEDY = (
    "This is a block, not a change; nothing is solved or bypassed. Wait some hours, lower the pace of the source, and ask "
    "the host to let the tracker in; an [http] contact lets it reach you."
)
_LOGIN_REMEDY = (
    "This is a block, not a change; the tracker does not log in. Open the address in a browser without logging in: if it "
    "asks for a password there too, the page is no longer public, and you can take it out of `pages`."
)
_WORDS_SHOWN = 200
_INVISIBLE = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_TEXTUAL = re.compile(r"text/|json|xml", re.IGNORECASE)

ErrorT = TypeVar("ErrorT", bound=FetchError)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the source that asks, and the full address, which errors show masked.

    ``body`` is the JSON of a question that is posted, None for an address that is simply got.
    """

    source: str
    url: str
    body: bytes | None = None

    @property
    def method(self) -> str:
        """GET, or POST for a question with a body."""
        return "GET" if self.body is None else "POST"

    def error(self, kind: type[ErrorT], what: str, remedy: str = "") -> ErrorT:
        """An error of this kind that names the address and says what went wrong."""
        return kind(self._sentence(what), remedy=remedy, source=self.source, url=masked_url(self.url))

    def transient(self, what: str, remedy: str = "", *, retry_after: float | None) -> TransientFetchError:
        """The host named the seconds after which another try makes sense."""
        url = masked_url(self.url)
        return TransientFetchError(self._sentence(what), remedy=remedy, source=self.source, url=url, retry_after=retry_after)

    def blocked(self, what: str, remedy: str, *, status: int = 0, whole_host: bool = True) -> BlockedError:
        """The host, or this page alone, is closed to us."""
        url = masked_url(self.url)
        return BlockedError(
            self._sentence(what), remedy=remedy, source=self.source, url=url, status=status, whole_host=whole_host
        )

    def unwelcome(self, what: str, *, status: int) -> StatusError:
        """The response has a status that cannot be used."""
        return StatusError(self._sentence(what), source=self.source, url=masked_url(self.url), status=status)

    def _sentence(self, what: str) -> str:
        return f"{self.method} {masked_url(self.url)}: {what}"


class RequestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a request is made, and what counts as a usable response to it.

    ``pace`` is in requests per second; ``tls`` the profile, or ``auto``. ``may_retry_tls`` says that other profiles may be
    tried, ``public_only`` that the host must resolve to public addresses, ``page`` that a trial page is expected, and
    ``conditional`` that "not modified" is a usable response. ``interface`` is how many steps of a path name an interface, for
    which the profile is chosen. ``time_limit`` bounds each try in seconds, ``attempts`` their
    number; ``read_bytes`` is where reading stops, without an error, for a body of which the beginning will do.
    """

    pace: float
    headers: Mapping[str, str] = {}
    tls: TlsChoice = "auto"
    may_retry_tls: bool = False
    interface: int = 0
    public_only: bool = False
    page: bool = False
    conditional: bool = False
    time_limit: float = math.inf
    attempts: int | None = None
    read_bytes: int | None = None


class RawResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, with any status; header names are lower case. The body of a refusal may be cut short."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def redirect(self) -> str | None:
        """Where the response sends us, if it is a redirect."""
        return self.headers.get("location") if self.status in REDIRECT_STATUSES else None


def refusal(request: Request, response: RawResponse, options: RequestOptions, now: datetime) -> FetchError | None:
    """The error that a response amounts to, or None for one that can be used or followed.

    A Retry-After date is measured from ``now``.
    """
    status = response.status
    if vendor := challenge(response.headers, response.body):
        what = f"the host sent a challenge page for browsers ({vendor}) instead of an answer, with status {status}."
        return request.blocked(what, _CHALLENGE_REMEDY)
    if options.page and status in LOGIN_STATUSES and is_login_page(response.headers, response.body):
        return login_error(request, f"a login page came instead of the trial's page, with status {status}.")
    if status == 200 or response.redirect is not None or (status == 304 and options.conditional):
        return None
    words = first_words(response)
    said = f"status {status}" + (f', "{words}".' if words else ".")
    if status in TRANSIENT_STATUSES:
        return request.transient(said, retry_after=retry_after(response.headers.get("retry-after", ""), now))
    if status in BLOCKED_STATUSES:
        return request.blocked(f"this is a block: {said}", _BLOCK_REMEDY, status=status)
    return request.unwelcome(said, status=status)


def login_error(request: Request, what: str) -> BlockedError:
    """The error for one page that is behind a login; other pages of the host may still be public."""
    return request.blocked(what, _LOGIN_REMEDY, whole_host=False)


def first_words(response: RawResponse) -> str:
    """The beginning of a textual body as a reader would see it; empty for other bodies."""
    if not _TEXTUAL.search(response.headers.get("content-type", "")):
        return ""
    text = html.unescape(_INVISIBLE.sub(" ", response.body.decode("utf-8", "replace")))
    words = " ".join(printable(text).split())
    return words if len(words) <= _WORDS_SHOWN else words[:_WORDS_SHOWN].rsplit(" ", 1)[0] + " …"
