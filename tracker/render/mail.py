"""A message as an e-mail: text and HTML side by side, and the headers that machines on its way look for."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from urllib.parse import quote

from tracker.errors import PermanentDeliveryError
from tracker.model.alert import Message
from tracker.render.safe_text import one_line
from tracker.text.mailboxes import read_mailbox

_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]+@[A-Za-z0-9.-]+>\Z")


class _Subject(BaseHeader):
    """A subject in encoded words from end to end where it is not ASCII.

    Folded word by word, as the standard library does it, the blank at the end of a line comes out twice.
    """

    max_count = 1
    parse = UniqueUnstructuredHeader.parse

    def fold(self, *, policy: Policy) -> str:
        """The header as lines."""
        if str(self).isascii():
            return super().fold(policy=policy)
        encoded = Header(str(self), charset="utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {encoded}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)
_POLICY = SMTP.clone(header_factory=_HEADERS)


def message_id(key: str, domain: str) -> str:
    """The Message-ID of an outbox key: the same key gives the same id, so a repeated sending can be recognised."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}@{domain if _DOMAIN.match(domain) else 'tracker.invalid'}>"


def email(
    message: Message,
    *,
    sender: str,
    recipients: Sequence[str],
    copies: Sequence[str] = (),
    reply_to: str = "",
    list_name: str,
    unsubscribe_address: str,
    one_click: str = "",
    date: datetime,
) -> EmailMessage:
    """The message as an e-mail, ready for ``smtplib.send_message``; ``date`` is aware.

    ``sender``, ``recipients`` and ``copies`` are addresses with or without a name; ``list_name`` is the channel's name.
    Without an ``unsubscribe_address`` no header names one. ``one_click`` is an https address that stops these messages when
    it is posted to (RFC 8058).
    Raises PermanentDeliveryError for an address that cannot stand in a header, naming the address.
    """
    origin = _address(sender, "sender")
    stop = _address(unsubscribe_address, "unsubscribe address") if unsubscribe_address else None
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = origin
    mail["To"] = [_address(recipient, "recipient") for recipient in recipients]
    if copies:
        mail["Cc"] = [_address(recipient, "recipient") for recipient in copies]
    if reply_to:
        mail["Reply-To"] = _address(reply_to, "reply-to address")
    mail["Subject"] = one_line(message.subject, 200)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = _checked_id(message)
    mail["List-Id"] = f"<{_slug(list_name)}.{origin.domain}>"
    ways = [one_click] if one_click else []
    ways += [f"mailto:{quote(stop.addr_spec, safe='@')}?subject=unsubscribe"] if stop else []
    if ways:
        mail["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
    if one_click:
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # RFC 3834: out-of-office replies must stay away. "Precedence: bulk" would say the same in an unstandardised way
    # and some receivers rank it as advertising; Exchange heeds only the third header.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    # Quoted-printable keeps every line short and the body seven-bit: no relay has a reason to rewrite it.
    mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", charset="utf-8", cte="quoted-printable")
    for one in message.attachments:
        kind, _, subtype = one.media_type.partition("/")
        charset = {"charset": "utf-8"} if kind == "text" else None
        mail.add_attachment(
            one.body, maintype=kind, subtype=subtype, filename=one.name, cte="base64", disposition="attachment", params=charset
        )
    return mail


def _checked_id(message: Message) -> str:
    if not _MESSAGE_ID.match(message.message_id):
        raise PermanentDeliveryError(
            f"The message {one_line(message.key)!r} has no usable Message-ID ({one_line(message.message_id)!r}).",
            remedy="Build it with message_id().",
        )
    return message.message_id


def _address(given: str, role: str) -> Address:
    """The address, refused unless it is one plain mailbox: a line break in it would start a header of its own."""
    read = read_mailbox(given)
    if isinstance(read, str):
        raise PermanentDeliveryError(
            f"{one_line(given, 120)!r} cannot be used as {role}: {read}",
            remedy="Write it as name@example.org or Name <name@example.org> in config.toml.",
        )
    return Address(display_name=one_line(read.name, 100), username=read.local, domain=read.domain)


def _slug(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60] or "tracker"
