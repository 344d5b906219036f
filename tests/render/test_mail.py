"""E-mails: intact after a parser has read them, complete in their headers, closed to injection."""

from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.header import decode_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.samples import SEEN, digest, make_digest, many_kinds
from tracker.errors import PermanentDeliveryError
from tracker.model.alert import Message
from tracker.render.mail import email, message_id


def make_message(**given: Any) -> Message:
    fields: dict[str, Any] = {
        "key": "me/daily/2026-02-12",
        "channel": "me",
        "kind": "digest",
        "subject": "3 changes in 2 trials",
        "text": "Grüße\n",
        "html": "<!DOCTYPE html><p>Grüße</p>",
        "message_id": message_id("me/daily/2026-02-12", "example.org"),
        "created_at": SEEN,
    } | given
    return Message(**fields)


def make_email(message: Message | None = None, **given: Any) -> EmailMessage:
    fields: dict[str, Any] = {
        "sender": "Trial tracker <tracker@example.org>",
        "recipients": ("you@example.org",),
        "reply_to": "owner@example.org",
        "list_name": "me",
        "unsubscribe_address": "owner@example.org",
        "date": datetime(2026, 2, 12, 6, 30, tzinfo=UTC),
    } | given
    return email(message or make_message(), **fields)


def parsed(mail: EmailMessage) -> EmailMessage:
    read = BytesParser(policy=policy.default).parsebytes(mail.as_bytes())
    assert isinstance(read, EmailMessage)
    return read


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_real_digest_comes_back_intact() -> None:
    content = digest(make_digest(*many_kinds()))
    read = parsed(make_email(make_message(subject=content.subject, text=content.text, html=content.html)))
    assert read["Subject"] == content.subject
    assert read.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert body(read, "plain").replace("\r\n", "\n") == content.text
    assert body(read, "html").replace("\r\n", "\n").strip() == content.html.strip()
    assert read.defects == []


def test_every_required_header_is_there_once() -> None:
    read = parsed(make_email())
    assert {name: read.get_all(name) for name in ("From", "To", "Reply-To")} == {
        "From": ["Trial tracker <tracker@example.org>"],
        "To": ["you@example.org"],
        "Reply-To": ["owner@example.org"],
    }
    assert parsedate_to_datetime(read["Date"]) == datetime(2026, 2, 12, 6, 30, tzinfo=UTC)
    assert read["Message-ID"] == make_message().message_id
    assert read["List-Id"] == "<me.example.org>"
    assert read["List-Unsubscribe"] == "<mailto:owner@example.org?subject=unsubscribe>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["MIME-Version"] == "1.0"
    assert len(read.keys()) == len(set(read.keys()))


def test_a_message_without_html_is_plain_text() -> None:
    assert parsed(make_email(make_message(html=""))).get_content_type() == "text/plain"


def test_no_line_on_the_wire_is_longer_than_mail_allows() -> None:
    content = digest(make_digest(*many_kinds()))
    mail = make_email(make_message(subject="Ein langer Betreff – " + "Wörter " * 40, text=content.text, html=content.html))
    raw = mail.as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert raw.isascii()
    assert parsed(mail)["Subject"].startswith("Ein langer Betreff – Wörter Wörter")


@pytest.mark.parametrize("evil", ["x\r\nBcc: a@b.example", "x\nBcc: a@b.example", "x\rBcc: a@b.example", "x\x00y", "x\u2028y"])
def test_a_subject_cannot_start_a_header(evil: str) -> None:
    read = parsed(make_email(make_message(subject=evil)))
    assert "Bcc" not in read
    assert str(read["Subject"]).isprintable()


@pytest.mark.parametrize("field", ["sender", "recipients", "reply_to", "unsubscribe_address"])
@pytest.mark.parametrize(
    "evil",
    [
        "a@b.example\r\nBcc: c@d.example",
        "Name\nBcc: c@d.example <a@b.example>",
        "a@b.example\x00",
        "a b@c.example",
        "no address",
        "<a@b.example>, <c@d.example>",
        "ü@b.example",
        "a@b c.example",
        "a@-",
    ],
)
def test_an_address_that_could_start_a_header_is_refused_by_name(field: str, evil: str) -> None:
    with pytest.raises(PermanentDeliveryError, match="cannot be used as") as caught:
        make_email(**{field: (evil,) if field == "recipients" else evil})
    assert "\n" not in str(caught.value)


def test_a_list_name_cannot_break_its_header() -> None:
    assert parsed(make_email(list_name="Grüße\r\nBcc: x@y.example>"))["List-Id"] == "<grusse-bcc-x-y-example.example.org>"
    assert parsed(make_email(list_name="日本"))["List-Id"] == "<tracker.example.org>"


def test_a_message_id_of_another_shape_is_refused() -> None:
    with pytest.raises(PermanentDeliveryError, match="no usable Message-ID"):
        make_email(make_message(message_id="<a@b>\r\nBcc: c@d.example"))


def test_an_international_domain_goes_out_in_ascii() -> None:
    assert parsed(make_email(recipients=("Jörg <j@bücher.example>",)))["To"] == "Jörg <j@xn--bcher-kva.example>"


def test_message_ids_derive_from_the_key_alone() -> None:
    assert message_id("me/41", "example.org") == message_id("me/41", "example.org")
    assert message_id("me/41", "example.org") != message_id("me/42", "example.org")
    assert message_id("me/41", "example.org").endswith("@example.org>")
    assert message_id("me\r\n/41", "evil\r\nBcc: x").endswith("@tracker.invalid>")


@settings(max_examples=60, deadline=None)
@given(subject=st.text(max_size=300), name=st.text(max_size=40))
def test_no_subject_or_list_name_whatever_adds_a_header_or_a_defect(subject: str, name: str) -> None:
    read = parsed(make_email(make_message(subject=subject), list_name=name))
    expected = {"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"}
    assert set(read.keys()) == expected | {"Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"}
    assert body(read, "plain").strip() == "Grüße"


@pytest.mark.parametrize("ending", ["Lupus… (NCT09910002)", "lupus", "Sjögren", "Lupus … Lupus… and 3 more"])
def test_a_long_subject_comes_out_with_single_blanks(ending: str) -> None:
    """As readers decode it: what is not ASCII stands in encoded words, and lines are at most 78 characters long."""
    subject = f"Now recruiting near Munich: CAR T Cells Against CD19 in Refractory Systemic {ending}"
    raw = make_email(make_message(subject=subject)).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    unfolded = head.replace(b"\r\n ", b" ").split(b"\r\n")
    [value] = [line.removeprefix(b"Subject: ").decode() for line in unfolded if line.startswith(b"Subject: ")]
    parts = decode_header(value)
    shown = "".join(part if isinstance(part, str) else part.decode(charset or "ascii") for part, charset in parts)
    assert shown == subject
