"""Mail against real servers on the loopback address: what a letter carries, and what each answer of a server leads to."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.builders import DAY, day
from tests.deliver.builders import make_mail, make_message, make_settings
from tests.deliver.servers import ScriptedSmtp, certificate, dead_port
from tests.lab import Mailbox
from tests.lab.mailbox import Drop
from tracker.config import Mail
from tracker.deliver import channels, smtp
from tracker.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.watch import Channel

ME = "mailto:me@example.org"
THREE = "mailto:one@example.org,two@example.org,three@example.org"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def send(mail: Mail | None, url: str = ME, message: Message | None = None, name: str = "me") -> tuple[str, ...]:
    settings = make_settings(mail, {name: url})
    return channels.send(settings, Channel(name=name, url=url), message or make_message(), (), DAY)


def failure(mail: Mail | None, url: str = ME, message: Message | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(mail, url, message)
    assert caught.value.message
    assert caught.value.remedy
    return caught.value


# --- the letter -----------------------------------------------------------------------------------------------------


def test_a_letter_says_the_same_in_text_and_html(mailbox: Mailbox) -> None:
    assert send(make_mail(mailbox.port)) == ()
    [letter] = mailbox.letters
    assert (letter.sender, letter.recipients) == ("tracker@example.org", ("me@example.org",))
    assert letter.message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in letter.message.iter_parts()] == [
        "Sjögren: now recruiting",
        "<p>Sjögren: now recruiting</p>",
    ]
    assert letter.message["Subject"] == "Jetzt in München: alert:me:1"


def test_a_letter_carries_what_mail_programs_and_relays_look_for(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port, reply_to="Mia <mia@example.org>"), name="Lupus Gruppe")
    [letter] = mailbox.letters
    headers = {name: str(letter.message[name]) for name in letter.message.keys()}  # noqa: SIM118 (a message is no dict)
    assert headers["From"] == "Trial tracker <tracker@example.org>"
    assert headers["To"] == "me@example.org"
    assert headers["Reply-To"] == "Mia <mia@example.org>"
    assert headers["List-Id"] == "<lupus-gruppe.example.org>"
    assert headers["List-Unsubscribe"] == "<mailto:mia@example.org?subject=unsubscribe>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == make_message().message_id
    assert headers["Date"] == "Tue, 10 Mar 2026 06:00:00 +0000"


def test_without_a_reply_address_unsubscribing_goes_to_the_sender(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port))
    [letter] = mailbox.letters
    assert letter.message["Reply-To"] is None
    assert letter.message["List-Unsubscribe"] == "<mailto:tracker@example.org?subject=unsubscribe>"


@pytest.mark.parametrize("url", ["mailto:Mia@example.org", "mailto:me@example.org?bcc=mia@example.org"])
def test_nobody_is_told_to_unsubscribe_at_an_address_of_their_own(mailbox: Mailbox, url: str) -> None:
    mail = make_mail(mailbox.port, reply_to="Mia <mia@example.org>", sender="mia@example.org")
    settings = make_settings(mail, {"me": url, "boss": "mailto:boss@example.org"}, operator="boss")
    channels.send(settings, settings.channels[0], make_message(), (), DAY)
    channels.send(make_settings(mail, {"me": url}), Channel(name="me", url=url), make_message(), (), DAY)
    with_operator, without = (letter.message for letter in mailbox.letters)
    assert with_operator["List-Unsubscribe"] == "<mailto:boss@example.org?subject=unsubscribe>"
    assert without["List-Unsubscribe"] is None


def test_no_mail_promises_that_one_click_unsubscribes(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port))
    assert mailbox.letters[0].message["List-Unsubscribe-Post"] is None


def test_several_recipients_share_one_letter(mailbox: Mailbox) -> None:
    assert send(make_mail(mailbox.port), THREE) == ()
    [letter] = mailbox.letters
    assert letter.recipients == ("one@example.org", "two@example.org", "three@example.org")
    assert str(letter.message["To"]) == "one@example.org, two@example.org, three@example.org"


def test_an_international_domain_goes_on_the_wire_in_its_ascii_form(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port), "mailto:me@m%C3%BCnchen.example")
    assert mailbox.letters[0].recipients == ("me@xn--mnchen-3ya.example",)


def test_a_line_that_begins_with_a_dot_arrives_whole(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port), message=make_message(text="one\n.\n..two\n"))
    body = mailbox.letters[0].message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert body.get_content().splitlines() == ["one", ".", "..two"]


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_recipient_refused_for_good_does_not_keep_the_others_from_the_letter(mailbox: Mailbox) -> None:
    mailbox.refuse = lambda address: "550 5.1.1 no such user" if address.startswith("two") else None
    [sentence] = send(make_mail(mailbox.port), THREE)
    assert sentence == 'The mail server refused two@example.org of channel "me": 550 5.1.1 no such user.'
    assert mailbox.letters[0].recipients == ("one@example.org", "three@example.org")


def test_a_recipient_refused_for_now_keeps_the_letter_from_all_so_that_none_gets_it_twice(mailbox: Mailbox) -> None:
    mailbox.refuse = lambda address: "451 4.7.1 greylisted" if address.startswith("two") else None
    for attempts in range(smtp.PATIENCE):
        error = failure(make_mail(mailbox.port), THREE, make_message(attempts=attempts))
        assert isinstance(error, TransientDeliveryError)
        assert "two@example.org" in error.message
    assert mailbox.letters == []
    mailbox.refuse = None
    send(make_mail(mailbox.port), THREE, make_message(attempts=1))
    assert len(mailbox.letters) == 1


def test_a_recipient_refused_for_long_no_longer_keeps_the_others_waiting(mailbox: Mailbox) -> None:
    mailbox.refuse = lambda address: "452 4.2.2 mailbox full" if address.startswith("two") else None
    [sentence] = send(make_mail(mailbox.port), THREE, make_message(attempts=smtp.PATIENCE))
    assert "mailbox full" in sentence
    assert mailbox.letters[0].recipients == ("one@example.org", "three@example.org")


@pytest.mark.parametrize(
    ("answers", "worth_another_try"),
    [
        ({"one": "550 5.1.1 no", "two": "550 no such user", "three": "553 User unknown"}, False),
        ({"one": "550 5.1.1 no", "two": "450 later", "three": "550 5.1.1 no"}, True),
        ({"one": "550 5.7.1 no", "two": "550 5.1.1 no", "three": "550 5.1.1 no"}, True),
        ({"one": "450 later", "two": "450 later", "three": "450 later"}, True),
    ],
    ids=["all for good", "one for now", "one by a rule", "all for now"],
)
def test_when_all_are_refused_another_try_makes_sense_if_it_does_for_one(
    mailbox: Mailbox, answers: dict[str, str], worth_another_try: bool
) -> None:
    mailbox.refuse = lambda address: answers[address.partition("@")[0]]
    error = failure(make_mail(mailbox.port), THREE, make_message(attempts=7))
    assert isinstance(error, TransientDeliveryError if worth_another_try else PermanentDeliveryError)
    assert mailbox.letters == []


@pytest.mark.parametrize(
    ("answer", "worth_another_try"),
    [
        ("451 4.3.0 later", True),
        ("554 5.7.1 not wanted", True),
        ("552 5.2.2 mailbox full", True),
        ("552 5.3.4 message too big", True),
        ("554 5.3.0 other mail system problem", True),
        ("554 Service unavailable; client host blocked using a blocklist", True),
        ("550 Too many messages, daily quota exceeded", True),
        ("550 5.1.1 no such user", False),
        ("550 #5.1.1 no such user", False),
        ("550 No such user here", False),
    ],
)
def test_a_letter_refused_is_tried_again_unless_its_address_does_not_exist(
    mailbox: Mailbox, answer: str, worth_another_try: bool
) -> None:
    mailbox.refuse_message = answer
    error = failure(make_mail(mailbox.port))
    assert isinstance(error, TransientDeliveryError if worth_another_try else PermanentDeliveryError)
    assert answer in error.message


@pytest.mark.parametrize(
    ("verb", "answer", "worth_another_try"),
    [
        ("MAIL", "550 sender not allowed", True),
        ("MAIL", "451 try later", True),
        ("DATA", "554 no valid recipients", True),
        ("RCPT", "421 closing", True),
        ("connect", "554 your network is blocked", True),
        ("connect", "421 too busy", True),
    ],
)
def test_what_a_server_says_beside_an_unknown_address_never_gives_a_letter_up(
    verb: str, answer: str, worth_another_try: bool
) -> None:
    with ScriptedSmtp({verb: answer}) as server:
        error = failure(make_mail(server.port))
        assert isinstance(error, TransientDeliveryError if worth_another_try else PermanentDeliveryError)
        assert answer in error.message
        assert server.letters == []


@pytest.mark.parametrize("answer", ["421 timed out waiting", "500 what?"])
def test_what_a_server_says_to_our_leaving_does_not_undo_its_acceptance(answer: str) -> None:
    with ScriptedSmtp({"QUIT": answer}) as server:
        assert send(make_mail(server.port)) == ()
        assert len(server.letters) == 1


# --- connections ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("drop", "kept"), [("at_connect", 0), ("before_acceptance", 0), ("after_acceptance", 1)])
def test_a_server_that_hangs_up_makes_another_try_worth_while(mailbox: Mailbox, drop: Drop, kept: int) -> None:
    mailbox.drop = drop
    assert isinstance(failure(make_mail(mailbox.port)), TransientDeliveryError)
    assert len(mailbox.letters) == kept


def test_a_server_that_is_not_there_makes_another_try_worth_while() -> None:
    error = failure(make_mail(dead_port()))
    assert isinstance(error, TransientDeliveryError)
    assert "127.0.0.1" in error.message


def test_a_server_that_never_answers_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.1)
    with ScriptedSmtp({"connect": ""}) as server:
        assert isinstance(failure(make_mail(server.port)), TransientDeliveryError)


def test_a_wrong_password_is_mended_while_the_message_waits() -> None:
    with ScriptedSmtp({"AUTH": "535 5.7.8 bad credentials"}) as server:
        error = failure(make_mail(server.port, user="tracker", password="hunter2"))
        assert isinstance(error, TransientDeliveryError)
        assert "user and password of [mail]" in error.message
        assert "535 5.7.8 bad credentials" in error.message
        assert "hunter2" not in str(error)
        assert server.letters == []


def test_user_and_password_are_given_before_the_letter() -> None:
    with ScriptedSmtp() as server:
        send(make_mail(server.port, user="tracker", password="hunter2"))
        assert server.verbs == ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


def test_greeting_a_server_logs_in_and_sends_nothing() -> None:
    with ScriptedSmtp() as server:
        channels.greet(make_mail(server.port, user="tracker", password="hunter2"))
        assert server.verbs == ["EHLO", "AUTH", "QUIT"]
        assert server.letters == []
    with pytest.raises(TransientDeliveryError):
        channels.greet(make_mail(dead_port()))


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
def test_a_certificate_of_nobodys_is_refused_with_a_clear_sentence(tmp_path: Path, security: str, implicit: bool) -> None:
    _, context = certificate(tmp_path, "127.0.0.1")
    with ScriptedSmtp(tls=context, implicit=implicit) as server:
        error = failure(make_mail(server.port, security=security, user="tracker", password="hunter2"))
        assert isinstance(error, TransientDeliveryError)
        assert "certificate that is not trusted: unable to get local issuer certificate" in error.message
        assert "SSL_CERT_FILE" in error.remedy
        assert "AUTH" not in server.verbs, "no password for a stranger"
        assert server.letters == []


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
def test_a_trusted_certificate_is_spoken_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str, implicit: bool
) -> None:
    file, context = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with ScriptedSmtp(tls=context, implicit=implicit) as server:
        assert send(make_mail(server.port, security=security, user="tracker", password="hunter2")) == ()
        assert len(server.letters) == 1
        assert server.verbs.index("AUTH") > (server.verbs.index("STARTTLS") if not implicit else -1)


def test_a_trusted_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, context = certificate(tmp_path, "mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with ScriptedSmtp(tls=context) as server:
        error = failure(make_mail(server.port, security="starttls"))
        assert "certificate that is not trusted: IP address mismatch" in error.message


def test_a_server_without_starttls_is_never_spoken_to_in_the_clear() -> None:
    with ScriptedSmtp(offers=("AUTH PLAIN",)) as server:
        error = failure(make_mail(server.port, security="starttls", user="tracker", password="hunter2"))
        assert isinstance(error, TransientDeliveryError)
        assert "STARTTLS" in error.message
        assert "AUTH" not in server.verbs


def test_a_server_that_does_not_speak_tls_is_named_with_the_usual_ports() -> None:
    with ScriptedSmtp() as server:
        error = failure(make_mail(server.port, security="tls"))
        assert isinstance(error, TransientDeliveryError)
        assert "does not speak TLS" in error.message
        assert "587" in error.remedy


# --- what cannot be sent at all -------------------------------------------------------------------------------------


def test_mail_without_a_server_is_a_mistake_of_the_configuration() -> None:
    assert isinstance(failure(None), PermanentDeliveryError)


@pytest.mark.parametrize("address", ["nobody", "me@exa mple.org", "a b@example.org"])
def test_an_address_that_cannot_be_used_is_named(mailbox: Mailbox, address: str) -> None:
    error = failure(make_mail(mailbox.port), f"mailto:{address}")
    assert isinstance(error, PermanentDeliveryError)
    assert address in error.message


def test_the_bytes_on_the_wire_are_plain_ascii_with_short_lines() -> None:
    with ScriptedSmtp() as server:
        send(make_mail(server.port), message=make_message(text="Größe ∞ 🧬 " * 300, subject="Größe 🧬 " * 20))
        [letter] = server.letters
    assert letter.isascii()
    assert max(map(len, letter.split(b"\r\n"))) <= 998
    assert b"\n" not in letter.replace(b"\r\n", b"")
    assert message_from_bytes(letter, policy=policy.default)["Subject"].startswith("Größe 🧬 Größe")


def test_the_date_is_that_of_the_try_and_the_id_stays(mailbox: Mailbox) -> None:
    settings, channel = make_settings(make_mail(mailbox.port), {"me": ME}), Channel(name="me", url=ME)
    for now in (DAY, day(1)):
        channels.send(settings, channel, make_message(), (), now)
    first, second = (letter.message for letter in mailbox.letters)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] != second["Date"]


def test_a_domain_goes_on_the_wire_by_idna_2008(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port), "mailto:me@weißes-haus.example")
    [letter] = mailbox.letters
    assert letter.recipients == ("me@xn--weies-haus-73a.example",)


def test_copies_of_a_mailto_are_honoured_and_hidden_ones_stay_hidden(mailbox: Mailbox) -> None:
    send(make_mail(mailbox.port), "mailto:me@example.org?cc=two%40example.org,me@example.org&BCC=three@example.org")
    [letter] = mailbox.letters
    assert letter.recipients == ("me@example.org", "two@example.org", "three@example.org")
    assert str(letter.message["To"]) == "me@example.org"
    assert "two@example.org" in str(letter.message["Cc"])
    assert b"three@example.org" not in letter.message.as_bytes()


@pytest.mark.parametrize(
    "url", ["mailto:me@example.org?subject=x", "mailto:?cc=me@example.org", "mailto:u:hunter2@example.org"]
)
def test_what_a_mailto_cannot_be_honoured_for_is_refused_and_no_secret_is_shown(mailbox: Mailbox, url: str) -> None:
    error = failure(make_mail(mailbox.port), url)
    assert isinstance(error, PermanentDeliveryError)
    assert "hunter2" not in str(error)
    assert mailbox.letters == []
