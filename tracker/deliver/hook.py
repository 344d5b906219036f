"""The plain webhook: ``hook+https://…`` gets a message as JSON, with the events it tells of in their public form.

No error repeats the address, which is as good as a password.
"""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tracker import __version__, log
from tracker.config import Settings
from tracker.deliver import bounded
from tracker.errors import PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.event import Event
from tracker.model.http_times import retry_after
from tracker.model.watch import Channel
from tracker.render.machine import event_json

TIMEOUT_SECONDS = bounded.LONGEST_SECONDS
"""A receiver that works before it answers has done its work by the time we leave, and would do it again at each new try."""
PING_SECONDS = 30
_KEPT = "The message is kept and tried again."
_CHECK = f"Check its address. {_KEPT}"
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_AGENT = {"User-Agent": f"trial-registry-tracker/{__version__}"}

logger = log.get(__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST arrives as a GET without its body: better an error than a message that only looks delivered."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing; the answer itself becomes the error."""


def send(settings: Settings, channel: Channel, message: Message, events: Iterable[Event], now: datetime) -> None:
    """POST ``{"key", "kind", "subject", "text", "events", "events_left_out"}``. ``key`` is the same at every try.

    The body holds every event of the message, which was cut to a size that receivers take; ``events_left_out`` is how many
    of them the database no longer has. Raises TransientDeliveryError or PermanentDeliveryError.
    """
    told = [event_json(event, contacts=settings.contacts) for event in events]
    body = {
        "key": message.key,
        "kind": message.kind,
        "subject": message.subject,
        "text": message.text,
        "events": told,
        "events_left_out": len(message.events) - len(told),
    }
    hook = f'The webhook of channel "{channel.name}"'
    opener = bounded.opener(_NoRedirects)
    try:
        request = urllib.request.Request(
            channel.url.partition("+")[2],
            data=msgspec.json.encode(body),
            headers={"Content-Type": "application/json", **_AGENT},
            method="POST",
        )
        with opener.open(request, timeout=TIMEOUT_SECONDS):
            return
    except urllib.error.HTTPError as error:
        with error:
            raise _answered(hook, error, now) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if _is_about_the_address(error):
            # It quotes the address, so it must not be chained: a traceback would print it.
            raise PermanentDeliveryError(
                f"{hook} has an address that cannot be asked.", remedy="Correct it, then `tracker outbox retry`."
            ) from None
        raise TransientDeliveryError(f"{hook} could not be reached: {_why(error)}.", remedy=_KEPT) from error


def ping(url: str) -> None:
    """Call the dead-man switch. A failure is only logged: noticing that no call came is what the switch is for."""
    try:
        with bounded.opener().open(urllib.request.Request(url, headers=_AGENT), timeout=PING_SECONDS):
            return
    except (OSError, http.client.HTTPException, ValueError) as error:
        logger.warning(log.pairs("ping_failed", why=type(error).__name__))  # its text may hold the address


def _answered(hook: str, error: urllib.error.HTTPError, now: datetime) -> TransientDeliveryError:
    """No answer gives a message up at once: tokens are renewed, addresses moved back, limits raised while it waits."""
    code = error.code
    sentence = f"{hook} answered {code} {error.reason}."
    seconds = retry_after(error.headers.get("Retry-After", ""), now)
    if code in _WORTH_ANOTHER_TRY or code >= 500:
        return TransientDeliveryError(sentence, remedy=_KEPT, retry_after=seconds)
    remedy = f"It has moved: give the channel its new address. {_KEPT}" if code < 400 else _CHECK
    return TransientDeliveryError(sentence, remedy=remedy, retry_after=seconds, refused=True)


def _is_about_the_address(error: Exception) -> bool:
    """Whether nothing was asked because of how the address is written; urllib then gives a text instead of a cause."""
    if isinstance(error, urllib.error.URLError):
        return isinstance(error.reason, str)
    return isinstance(error, http.client.InvalidURL | ValueError) and not isinstance(error, OSError)


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    match cause:
        case TimeoutError():
            return f"no answer within {TIMEOUT_SECONDS:g} seconds"
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case _:
            return type(cause).__name__
