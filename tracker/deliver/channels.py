"""Sending one message through one channel: SMTP for ``mailto:``, a JSON POST for ``hook+https:``, apprise for the rest.

Every error says whether another try makes sense; no error repeats the channel's address, which may hold a secret.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import msgspec

from tracker.config import Mail, Settings
from tracker.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.event import Event
from tracker.model.watch import Channel
from tracker.render import mail

TIMEOUT_SECONDS = 30
MAIL_SCHEMES = ("mailto", "mailtos")
HOOK_SCHEMES = ("hook+https", "hook+http")

Sender = Callable[[Settings, Channel, Message, Sequence[Event], datetime], None]
"""Sends one message; raises TransientDeliveryError or PermanentDeliveryError."""


def send(settings: Settings, channel: Channel, message: Message, events: Sequence[Event], now: datetime) -> None:
    """Send a message through its channel. ``events`` are those it tells of, for channels that take data."""
    scheme = channel.url.partition(":")[0].lower()
    if scheme in MAIL_SCHEMES:
        _by_mail(settings, channel, message, now)
    elif scheme in HOOK_SCHEMES:
        _by_hook(channel, message, events)
    else:
        _by_apprise(channel, message)


def recipients(url: str) -> list[str]:
    """The addresses of a ``mailto:`` URL."""
    return [unquote(part).strip() for part in urlsplit(url).path.split(",") if part.strip()]


def mail_domain(settings: Settings) -> str:
    """The domain our Message-IDs belong to: that of the sender."""
    sender = settings.mail.sender if settings.mail else ""
    return parseaddr(sender)[1].partition("@")[2] or "tracker.invalid"


def _by_mail(settings: Settings, channel: Channel, message: Message, now: datetime) -> None:
    if settings.mail is None:
        raise PermanentDeliveryError(
            f'Channel "{channel.name}" needs [mail], which is not set up.', remedy="Add [mail] with host and from."
        )
    to = recipients(channel.url)
    letter = mail.email(
        message,
        sender=settings.mail.sender,
        recipients=to,
        reply_to=settings.mail.reply_to or "",
        list_name=channel.name,
        unsubscribe_address=parseaddr(settings.mail.reply_to or settings.mail.sender)[1],
        date=now,
    )
    with _told_as_ours(settings.mail), _connected(settings.mail) as server:
        try:
            refused = server.send_message(letter, to_addrs=to)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(channel, error.recipients) from error
    if refused:
        raise _refusal(channel, refused)


def greet(settings: Mail) -> None:
    """Connect and log in, and send nothing: what ``doctor`` does. Raises TransientDeliveryError or PermanentDeliveryError."""
    with _told_as_ours(settings), _connected(settings):
        pass


@contextmanager
def _told_as_ours(settings: Mail) -> Iterator[None]:
    """Errors of the mail server as ours, each saying whether another try makes sense."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        # A wrong password is mended in the configuration while the message waits: another try makes sense.
        raise TransientDeliveryError(
            f"{settings.host} did not accept user and password of [mail] ({error.smtp_code}).",
            remedy="Check [mail] user and password; the message is kept and tried again.",
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(settings.host, error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TransientDeliveryError(
            f"{settings.host}:{settings.port} could not be reached or broke off ({type(error).__name__}: {error}).",
            remedy="Check [mail] host, port and security; the message is kept and tried again.",
        ) from error


def _connected(settings: Mail) -> smtplib.SMTP:
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user and settings.password:
            server.login(settings.user, settings.password)
    except BaseException:
        server.close()
        raise
    return server


def _refusal(channel: Channel, refused: dict[str, tuple[int, bytes]]) -> DeliveryError:
    address, (code, text) = next(iter(refused.items()))
    sentence = f'The mail server refused {address} of channel "{channel.name}": {code} {_plain(text)}.'
    if all(code >= 500 for code, _ in refused.values()):
        return PermanentDeliveryError(sentence, remedy="Correct the address of the channel, then `tracker outbox retry`.")
    return TransientDeliveryError(sentence, remedy="The message is kept and tried again.")


def _answered(host: str, code: int, text: bytes | str) -> DeliveryError:
    sentence = f"{host} answered {code} {_plain(text)}."
    if code >= 500:
        return PermanentDeliveryError(sentence, remedy="Mend what the server names, then `tracker outbox retry`.")
    return TransientDeliveryError(sentence, remedy="The message is kept and tried again.")


def _plain(text: bytes | str) -> str:
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return re.sub(r"\s+", " ", decoded).strip()[:200]


def _by_hook(channel: Channel, message: Message, events: Sequence[Event]) -> None:
    body = msgspec.json.encode({"key": message.key, "kind": message.kind, "subject": message.subject, "events": events})
    request = urllib.request.Request(
        channel.url.removeprefix("hook+"), data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
            return
    except urllib.error.HTTPError as error:
        with error:
            sentence = f'The webhook of channel "{channel.name}" answered {error.code} {error.reason}.'
        if error.code in (408, 425, 429) or error.code >= 500:
            raise TransientDeliveryError(sentence, remedy="The message is kept and tried again.") from error
        raise PermanentDeliveryError(sentence, remedy="Check its address, then `tracker outbox retry`.") from error
    except OSError as error:
        raise TransientDeliveryError(
            f'The webhook of channel "{channel.name}" could not be reached ({type(error).__name__}).',
            remedy="The message is kept and tried again.",
        ) from error


def _by_apprise(channel: Channel, message: Message) -> None:
    import apprise

    service = apprise.Apprise()
    if not service.add(channel.url):
        raise PermanentDeliveryError(
            f'The address of channel "{channel.name}" is none that apprise knows.',
            remedy="Correct it, see the list of services in apprise's documentation.",
        )
    if not service.notify(title=message.subject, body=message.text, body_format=apprise.NotifyFormat.TEXT):
        raise TransientDeliveryError(
            f'Channel "{channel.name}" did not accept the message.', remedy="The message is kept and tried again."
        )
