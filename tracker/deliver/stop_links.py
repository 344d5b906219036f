"""Links by which a reader stops a series of messages: signed, so that nobody can make one for another's."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

import msgspec

from tracker.config.settings import Web
from tracker.model.watch import Sending

PATH = "/unsubscribe"


def stop_link(web: Web, sending: Sending | None) -> str:
    """The address of the page that stops a series; empty where no pages are reached from outside or nothing signs."""
    if sending is None or not web.url or web.secret is None:
        return ""
    named = {"channel": sending.channel, "when": sending.when, **({"watch": sending.watch} if sending.watch else {})}
    return f"{web.url}{PATH}?{urlencode({**named, 'sign': _sign(web.secret, sending)})}"


def one_click(link: str) -> str:
    """The link where it may stand in a header for one click (RFC 8058 wants https), else nothing."""
    return link if link.startswith("https://") else ""


def is_signed(web: Web, sending: Sending, sign: str) -> bool:
    """Whether the sign of a link is ours and for this series."""
    if web.secret is None:
        return False
    return hmac.compare_digest(sign.encode("utf-8", "replace"), _sign(web.secret, sending).encode())


def _sign(secret: str, sending: Sending) -> str:
    """Of the series as JSON: no name can run into the next."""
    return hmac.new(secret.encode(), b"pause " + msgspec.json.encode(sending), hashlib.sha256).hexdigest()
