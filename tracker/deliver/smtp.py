"""Mail through the server of ``[mail]``: one e-mail, every recipient once, and errors that say whether to try again.

smtplib hands an e-mail to those recipients that the server takes and only reports the others. Trying again would then
send it twice to the first, so the steps of a delivery are taken one by one here.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage

import msgspec

from tracker.config import Mail, Settings
from tracker.deliver import bounded
from tracker.deliver.smtp_answers import no_such_address, too_large
from tracker.deliver.stop_links import one_click, stop_link
from tracker.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.watch import Channel
from tracker.render import mail
from tracker.render.lists import zipped
from tracker.text.mailboxes import Mailbox, Mailto, read_mailbox, read_mailto

TIMEOUT_SECONDS = 30
PATIENCE = 3
"""For so many tries, a recipient that is refused for now holds the e-mail back from all: most servers that put a new sender
off take it minutes later. After that the others get it, and the operator hears who did not."""

_KEPT = "The message is kept and tried again."
_TAKEN = (250, 251)

Refused = Mapping[str, tuple[int, bytes]]
"""Recipient -> the server's code and words."""


def send(settings: Settings, channel: Channel, message: Message, now: datetime) -> tuple[str, ...]:
    """Send a message to every address of a ``mailto:`` channel; a sentence for each that was refused while others took it.

    Raises TransientDeliveryError or PermanentDeliveryError when nobody was sent it.
    """
    if settings.mail is None:
        raise PermanentDeliveryError(
            f'Channel "{channel.name}" needs [mail], which is not set up.', remedy="Add [mail] with host and from."
        )
    readers = _readers(channel)
    patient = message.attempts < PATIENCE
    with _session(settings.mail) as server:
        *larger, smallest = _forms(message)
        for form in larger:
            email = _email(settings, channel, readers, form, now)
            if not _fits(server, email):
                continue
            try:
                return _told(channel, _hand_over(server, channel, email, readers.bcc, patient=patient))
            except smtplib.SMTPResponseException as error:
                if not too_large(error.smtp_code, _words(error)):
                    raise _broken_off(settings.mail, error) from error
                server.rset()
            except (smtplib.SMTPException, OSError) as error:
                raise _broken_off(settings.mail, error) from error
        try:
            email = _email(settings, channel, readers, smallest, now)
            return _told(channel, _hand_over(server, channel, email, readers.bcc, patient=patient))
        except (smtplib.SMTPException, OSError) as error:
            raise _broken_off(settings.mail, error) from error


def _forms(message: Message) -> list[Message]:
    """The message as it is, then smaller: only the CSV of its lists, then text alone with that CSV in a zip.

    Each form holds all that the message tells.
    """
    forms = [message]
    plain = tuple(one for one in message.attachments if one.media_type == "text/csv")
    if len(plain) < len(message.attachments):
        forms.append(msgspec.structs.replace(message, attachments=plain))
    if message.html:
        forms.append(msgspec.structs.replace(message, html="", attachments=tuple(map(zipped, plain))))
    return forms


def _told(channel: Channel, refused: Refused) -> tuple[str, ...]:
    return tuple(_refusal(channel, address, *answer) for address, answer in refused.items())


def _readers(channel: Channel) -> Mailto:
    """Whom the channel's URL names. Raises PermanentDeliveryError for one that nothing can go to."""
    read = read_mailto(channel.url, naming=True)
    if isinstance(read, str):
        raise PermanentDeliveryError(
            f'Channel "{channel.name}": {read}', remedy="Correct the URL of the channel, then `tracker outbox retry`."
        )
    return read


def mail_domain(settings: Settings) -> str:
    """The domain our Message-IDs belong to: that of the sender."""
    read = read_mailbox(settings.mail.sender) if settings.mail else ""
    return "tracker.invalid" if isinstance(read, str) else read.domain


def greet(settings: Mail) -> None:
    """Connect and log in, and send nothing: what ``doctor`` does. Raises TransientDeliveryError."""
    with _session(settings):
        pass


def _email(settings: Settings, channel: Channel, readers: Mailto, message: Message, now: datetime) -> EmailMessage:
    assert settings.mail is not None
    return mail.email(
        message,
        sender=settings.mail.sender,
        recipients=[reader.text for reader in readers.to],
        copies=[reader.text for reader in readers.cc],
        reply_to=settings.mail.reply_to or "",
        list_name=channel.name,
        unsubscribe_address=settings.unsubscribe_for(channel.name),
        one_click=one_click(stop_link(settings.web, message.sending)),
        date=now,
    )


def _fits(server: smtplib.SMTP, email: EmailMessage) -> bool:
    """Whether the e-mail keeps within the server's size limit, if it names one."""
    limit = server.esmtp_features.get("size", "")
    return not limit.isdigit() or int(limit) == 0 or len(email.as_bytes()) <= int(limit)


def _hand_over(
    server: smtplib.SMTP, channel: Channel, email: EmailMessage, hidden: Sequence[Mailbox], *, patient: bool
) -> Refused:
    """One mail transaction. Returns the recipients that were refused while others were sent the e-mail."""
    content = email.as_bytes()
    [sender] = email["From"].addresses
    # The addresses as the header spells them: an international domain goes on the wire in its ASCII form.
    shown = [address.addr_spec for name in ("To", "Cc") if name in email for address in email[name].addresses]
    to = list(dict.fromkeys((*shown, *(reader.address for reader in hidden))))
    code, words = server.mail(sender.addr_spec, [f"size={len(content)}"] if server.has_extn("size") else [])
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, words, sender.addr_spec)
    answers = {address: server.rcpt(address) for address in to}
    refused = {address: answer for address, answer in answers.items() if answer[0] not in _TAKEN}
    for_now = {address: answer for address, answer in refused.items() if not no_such_address(*answer)}
    if for_now and (patient or len(refused) == len(answers)):
        address, answer = next(iter(for_now.items()))
        raise TransientDeliveryError(_refusal(channel, address, *answer), remedy=_KEPT, refused=answer[0] >= 500)
    if len(refused) == len(answers):
        address, answer = next(iter(refused.items()))
        raise PermanentDeliveryError(
            _refusal(channel, address, *answer), remedy="Correct the address of the channel, then `tracker outbox retry`."
        )
    code, words = server.data(content)
    if code != 250:
        raise smtplib.SMTPDataError(code, words)
    return refused


def _refusal(channel: Channel, address: str, code: int, words: bytes) -> str:
    return f'The mail server refused {address} of channel "{channel.name}": {code} {_plain(words)}.'


# --- the connection -------------------------------------------------------------------------------------------------


@contextmanager
def _session(settings: Mail) -> Iterator[smtplib.SMTP]:
    """A connection that is logged in. Raises TransientDeliveryError: before there is an e-mail, none can be at fault."""
    try:
        server = _connected(settings)
    except (smtplib.SMTPException, OSError) as error:
        raise _unreached(settings, error, no_server=True) from error
    try:
        yield server
    finally:
        # Whatever the server says to our leaving, what it accepted stays accepted.
        with suppress(smtplib.SMTPException):
            server.quit()
        server.close()


def _connected(settings: Mail) -> smtplib.SMTP:
    if settings.security == "tls":
        server: smtplib.SMTP = bounded.SMTP_SSL(
            settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        server = bounded.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user and settings.password:
            server.login(settings.user, settings.password)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _unreached(settings: Mail, error: smtplib.SMTPException | OSError, *, no_server: bool) -> TransientDeliveryError:
    """Why there is no connection. Every such cause can be mended in [mail] or at the server while the message waits."""
    where = f"{settings.host}:{settings.port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            sentence = f"{where} did not accept user and password of [mail] ({error.smtp_code} {_plain(error.smtp_error)})."
            remedy = "Check [mail] user and password; the message is kept and tried again."
        case smtplib.SMTPResponseException():
            sentence = f"{where} takes no mail from here: it answered {error.smtp_code} {_plain(error.smtp_error)}."
            remedy = "Mend what the server names; the message is kept and tried again."
        case smtplib.SMTPNotSupportedError():
            sentence = f"{where} does not offer what [mail] asks for: {_plain(str(error))}"
            remedy = "Check [mail] security, user and password; the message is kept and tried again."
        case ssl.SSLCertVerificationError():
            sentence = f"{where} shows a certificate that is not trusted: {error.verify_message}."
            remedy = (
                "Write [mail] host as its certificate does, or name the file of its authority in the environment "
                "variable SSL_CERT_FILE; the message is kept and tried again."
            )
        case ssl.SSLError():
            sentence = f'{where} does not speak TLS as [mail] security = "{settings.security}" asks ({error.reason}).'
            remedy = 'Port 465 goes with "tls", port 587 with "starttls"; the message is kept and tried again.'
        case _:
            sentence = f"{where} could not be reached or broke off ({type(error).__name__}: {_plain(str(error))})."
            remedy = "Check [mail] host, port and security; the message is kept and tried again."
    return TransientDeliveryError(sentence, remedy=remedy, no_server=no_server)


def _broken_off(settings: Mail, error: smtplib.SMTPException | OSError) -> DeliveryError:
    """The error of a delivery that the server refused or broke off."""
    if not isinstance(error, smtplib.SMTPResponseException):
        return _unreached(settings, error, no_server=False)
    sentence = f"{settings.host} answered {error.smtp_code} {_plain(error.smtp_error)}."
    if not isinstance(error, smtplib.SMTPSenderRefused) and no_such_address(error.smtp_code, _words(error)):
        return PermanentDeliveryError(sentence, remedy="Correct the address of the channel, then `tracker outbox retry`.")
    if error.smtp_code >= 500:
        return TransientDeliveryError(sentence, remedy=f"Mend what the server names. {_KEPT}", refused=True)
    return TransientDeliveryError(sentence, remedy=_KEPT)


def _words(error: smtplib.SMTPResponseException) -> bytes:
    return error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()


def _plain(words: bytes | str) -> str:
    decoded = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return re.sub(r"\s+", " ", decoded).strip()[:200]
