"""Checks of addresses: web, e-mail and channel URLs. Each gives a sentence when something is wrong, empty when not."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tracker.text.mailboxes import NOT_ONE, read_mailbox, read_mailto

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?(?=\S)")


def is_mail_address(text: str) -> bool:
    """Whether this is one bare e-mail address."""
    return "<" not in text and not isinstance(read_mailbox(text), str)


def mailbox_problem(text: str) -> str:
    """What is wrong with ``you@example.org`` or ``Name <you@example.org>``."""
    read = read_mailbox(text)
    if not isinstance(read, str):
        return ""
    return f'{read} Write "you@example.org" or "Name <you@example.org>".' if read == NOT_ONE else read


def web_problem(text: str) -> str:
    """What is wrong with a web address."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return "This is not a web address. Copy it from the browser, beginning with https://."
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine or re.search(r"\s", text):
        return "This is not a web address. Copy it from the browser, beginning with https://."
    return ""


def base_url_problem(text: str) -> str:
    """What is wrong with the address under which a source is asked."""
    wrong = web_problem(text)
    if wrong:
        return wrong
    parts = urlsplit(text)
    if parts.query or parts.fragment or parts.username or parts.password:
        return "A base address has no ?, no # and no user. Give scheme, host and path only."
    return ""


def channel_problem(url: str, *, has_mail: bool) -> str:
    """What is wrong with a channel's URL, without ever showing it."""
    match = _SCHEME.match(url)
    if not match:
        return 'This is not a channel URL. Write "mailto:you@example.org" or a URL of another service, such as "ntfy://topic".'
    scheme, slashes = match[1].lower(), match[2]
    if scheme in ("hook+http", "hook+https") and "@" in url[match.end() :].partition("/")[0]:
        return "A webhook takes no user and password in its address. Use one that carries a token in its path."
    if scheme not in ("mailto", "mailtos"):
        return "" if slashes else f'After "{scheme}:" two slashes are missing. Copy the URL as the service gives it.'
    if slashes:
        return 'Mail goes through the server in [mail]. Write "mailto:you@example.org" without slashes, user or password.'
    return "" if has_mail else "Mail needs a server. Add a [mail] table with host and from."


def mailto_problem(url: str) -> str:
    """What is wrong with the addresses of a ``mailto:`` URL, by the reader that delivery uses; empty for other channels."""
    if url.partition(":")[0].lower() not in ("mailto", "mailtos"):
        return ""
    read = read_mailto(url)
    if not isinstance(read, str):
        return ""
    return f'{read} Write "mailto:you@example.org"; several are separated by commas.' if read == NOT_ONE else read
