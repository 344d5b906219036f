"""What an unwelcome answer means: which error of the tree it is, and the sentence a person can act on."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from tracker.errors import BlockedError, FetchError, StatusError, TransientFetchError
from tracker.fetch.addresses import shown
from tracker.fetch.challenges import challenge, is_login_page

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
BLOCKED_STATUSES = frozenset({401, 403, 407, 451})
LOGIN_STATUSES = frozenset({200, 401, 403, 503})
"""With these a page may be a login; 404 and 410 say "gone" whatever stands on them."""

_BLOCK_REMEDY = (
    "It is the host that refuses us; nothing is said about the trial. See that [http] contact names you, lower the pace of "
    "the source, let some hours pass, and ask `tracker doctor` what the host accepts."
)
_CHALLENGE_REMEDY = (
    "This is a block, not a change; nothing is solved or bypassed. Let some hours pass, lower the pace of the source, see "
    "that [http] contact names you, and ask the host to let the tracker in."
)
_LOGIN_REMEDY = (
    "This is a block, not a change; nothing is logged into. Open the address in a browser without being logged in: if it "
    "asks for a password there too, the page is no longer public, and can be taken out of `pages`."
)
_WORDS_SHOWN = 200
_INVISIBLE = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_TEXTUAL = re.compile(r"text/|json|xml", re.IGNORECASE)

ErrorT = TypeVar("ErrorT", bound=FetchError)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """The request an error speaks of: the source's key and the full address, which is only ever shown masked."""

    source: str
    url: str

    def error(self, kind: type[ErrorT], what: str, remedy: str = "") -> ErrorT:
        """An error of this kind that names the address and says what went wrong with it."""
        url = shown(self.url)
        return kind(f"GET {url}: {what}", remedy=remedy, source=self.source, url=url)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, with any status; header names are lower case. Bodies of refusals may be cut short."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def redirect(self) -> str | None:
        """Where the answer sends us, if it does."""
        return self.headers.get("location") if self.status in REDIRECT_STATUSES else None


def refusal(ask: Ask, answer: Answer, *, conditional: bool, now: datetime, page: bool = False) -> FetchError | None:
    """The error that an answer amounts to, or None for one that can be used or followed.

    ``conditional`` says that "not modified" was a possible answer, ``page`` that a trial page was asked for; ``now`` is
    what a Retry-After date is measured from.
    """
    if vendor := challenge(answer.headers, answer.body):
        what = f"the host sent a challenge page for browsers ({vendor}) instead of an answer, with status {answer.status}."
        return ask.error(BlockedError, what, _CHALLENGE_REMEDY)
    if page and answer.status in LOGIN_STATUSES and is_login_page(answer.headers, answer.body):
        return login_error(ask, f"a login page came instead of the trial's page, with status {answer.status}.")
    if answer.status == 200 or answer.redirect is not None or (answer.status == 304 and conditional):
        return None
    words = first_words(answer)
    said = f"status {answer.status}" + (f', "{words}".' if words else ".")
    if answer.status in TRANSIENT_STATUSES:
        transient = ask.error(TransientFetchError, said)
        transient.retry_after = retry_after(answer.headers.get("retry-after", ""), now)
        return transient
    if answer.status in BLOCKED_STATUSES:
        blocked = ask.error(BlockedError, f"this is a block: {said}", _BLOCK_REMEDY)
        blocked.status = answer.status
        return blocked
    error = ask.error(StatusError, said)
    error.status = answer.status
    return error


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or as an HTTP date; None if it says neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def first_words(answer: Answer) -> str:
    """The beginning of a textual body as a reader would see it; empty for other bodies."""
    if not _TEXTUAL.search(answer.headers.get("content-type", "")):
        return ""
    text = html.unescape(_INVISIBLE.sub(" ", answer.body.decode("utf-8", "replace")))
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return words if len(words) <= _WORDS_SHOWN else words[:_WORDS_SHOWN].rsplit(" ", 1)[0] + " …"


def login_error(ask: Ask, what: str) -> BlockedError:
    """The error for one page that is behind a login; other pages of the host may still be public."""
    error = ask.error(BlockedError, what, _LOGIN_REMEDY)
    error.whole_host = False
    return error
