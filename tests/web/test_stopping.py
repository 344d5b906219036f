"""A reader stops messages by the link in one of them, told in days: real mails, the served page, and what comes after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.cli.program import inside
from tests.lab.asking import Answered
from tests.web.conftest import served
from tests.world import World, study
from tracker.config.settings import Web
from tracker.deliver import pausing
from tracker.deliver.stop_links import stop_link
from tracker.model.watch import Sending

A, B = "NCT00000101", "NCT00000102"
SECRET = "an invented secret of more than thirty-two letters"
SITE = "https://trials.example.org"
WEB = f'[digest]\nwhen_empty = "never"\n[web]\nurl = "{SITE}"\nsecret = "{SECRET}"\n'
DAILY = Sending(channel="me", when="daily")
AT_ONCE = Sending(channel="me", when="immediate")
FORM = {"content_type": "application/x-www-form-urlencoded"}


def watch(name: str = "mine", *sends: str) -> str:
    said = sends or ('when = "immediate"\nmin_severity = "major"', 'when = "daily"')
    sent = "".join(f'[[watch.send]]\nto = "me"\n{send}\n' for send in sends or said)
    return f'[[watch]]\nname = "{name}"\ntrials = ["{A}", "{B}"]\n{sent}'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        made.configure(watch(), extra=WEB)
        made.day()
        yield made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same for requests that change nothing: one for them all."""
    with World(tmp_path_factory.mktemp("untouched")) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        made.configure(watch(), extra=WEB)
        made.day()
        yield made


def letters(world: World) -> list[EmailMessage]:
    return [letter.message for letter in world.mailbox.to("me@example.org")]


def grow(world: World, count: int) -> None:
    """A notable change."""
    world.amend(A, designModule__enrollmentInfo={"count": count, "type": "ESTIMATED"})


def stop(world: World) -> None:
    """A major change."""
    world.amend(B, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="Slow accrual")


def digest_of(world: World, count: int = 110) -> EmailMessage:
    """The digest of a day on which the trial grows."""
    before = len(letters(world))
    world.day(change=lambda: grow(world, count))
    world.day()
    [letter] = letters(world)[before:]
    return letter


def words(letter: EmailMessage) -> str:
    """The plain text of a mail, its words apart by single blanks."""
    body = letter.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def link_of(letter: EmailMessage) -> str:
    found = re.search(r"<(https:[^>]*)>", str(letter["List-Unsubscribe"]))
    assert found, letter["List-Unsubscribe"]
    return found[1]


def ask(world: World, link: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answered:
    """The link as it reaches us through the proxy of the site."""
    parts = urlsplit(link)
    assert f"{parts.scheme}://{parts.netloc}" == SITE
    with served(world.folder, web=world.settings.web, now=world.now) as reader:
        return reader.ask(f"{parts.path}?{parts.query}", method, body, host=parts.netloc, **headers)


def paused(world: World) -> list[Sending]:
    return [one.sending for one in world.store.paused()]


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_a_link_changes_nothing_when_it_is_opened_and_stops_the_digest_when_its_form_is_sent(world: World) -> None:
    link = link_of(digest_of(world))
    for method in ("GET", "HEAD", "GET"):  # a scanner of mails, a preview, a person
        page = ask(world, link, method)
        assert page.status == 200
    assert "Stop the daily digest?" in page.text
    assert 'method="post"' in page.text
    assert paused(world) == []
    done = ask(world, link, "POST", b"stop=yes", **FORM)
    assert done.status == 200
    assert "You get no more" in done.text
    assert paused(world) == [DAILY]
    told = len(letters(world))
    world.day(change=lambda: grow(world, 125))
    world.day()
    [confirmation] = letters(world)[told:]
    assert confirmation["Subject"] == "Stopped: daily digest"
    assert confirmation["List-Unsubscribe-Post"] is None
    assert any(
        "stopped the daily digest" in str(letter.message["Subject"]) for letter in world.mailbox.to("operator@example.org")
    )
    world.day(change=lambda: stop(world))
    assert "Terminated" in str(letters(world)[-1]["Subject"]), "alerts are another series"
    assert "daily digest to “me” is paused" in inside("--config", world.config, "doctor").out.replace("\n", " ")


def test_one_click_of_a_mail_program_acts_at_once(world: World) -> None:
    letter = digest_of(world)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ask(world, link_of(letter), "POST", b"List-Unsubscribe=One-Click", **FORM).status == 200
    assert paused(world) == [DAILY]


def test_one_click_as_a_form_of_parts(world: World) -> None:
    link = link_of(digest_of(world))
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    assert ask(world, link, "POST", body, content_type="multipart/form-data; boundary=x").status == 200
    assert paused(world) == [DAILY]


def test_the_body_has_the_same_link_and_cards_lead_to_their_stories(world: World) -> None:
    letter = digest_of(world)
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None
        text = part.get_content().replace("&amp;", "&")
        assert link_of(letter) in text
        found = re.search(rf"{SITE}/stories/([^\s\"<]+)", text)
        assert found
        assert ask(world, f"{SITE}/stories/{found[1]}").status == 200


def test_who_stops_twice_is_told_once(world: World) -> None:
    link = link_of(digest_of(world))
    for _ in range(2):
        assert ask(world, link, "POST", b"stop=yes", **FORM).status == 200
    told = len(letters(world))
    world.day()
    assert len(letters(world)) == told + 1
    assert "stopped before" in ask(world, link).text


# --- who may, and what else is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["sign=", "channel=you", "when=weekly", "watch=mine", "sign=é", "channel=me&channel=me"])
def test_a_link_that_is_not_ours_stops_nothing(untouched: World, broken: str) -> None:
    link = stop_link(untouched.settings.web, DAILY)
    name = broken.partition("=")[0]
    forged = re.sub(rf"{name}=[^&]*", broken, link) if f"{name}=" in link else f"{link}&{broken}"
    with served(untouched.folder, web=untouched.settings.web) as reader:
        parts = urlsplit(forged)
        address = f"{parts.path}?{parts.query}".replace("é", "%C3%A9")
        answers = [reader.ask(address), reader.ask(address, "POST", b"stop=yes", **FORM)]
    assert [answer.status for answer in answers] == [403, 403]
    assert "newer message" in answers[0].text
    assert paused(untouched) == []


def test_another_secret_ends_the_links_of_the_old_one(world: World) -> None:
    link = link_of(digest_of(world))
    world.configure(watch(), extra=WEB.replace(SECRET, SECRET[::-1]))
    assert ask(world, link, "POST", b"stop=yes", **FORM).status == 403
    assert link_of(digest_of(world, 121)) != link


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", b"", 400),
        ("POST", b"stop=no", 400),
        ("POST", b"x" * 5000, 413),
        ("PUT", b"stop=yes", 405),
        ("DELETE", None, 405),
    ],
)
def test_what_is_no_form_of_the_page_changes_nothing(untouched: World, method: str, body: bytes | None, status: int) -> None:
    assert ask(untouched, stop_link(untouched.settings.web, DAILY), method, body, **FORM).status == status
    assert paused(untouched) == []


def test_the_link_needs_no_token_and_opens_nothing_else(untouched: World) -> None:
    web = msgspec.structs.replace(untouched.settings.web, token="an-invented-token-of-the-pages")
    parts = urlsplit(stop_link(web, DAILY))
    with served(untouched.folder, web=web) as reader:
        assert reader.ask(f"{parts.path}?{parts.query}").status == 200
        assert reader.ask(f"/?{parts.query}").status == 401
        assert reader.ask("/", "POST", b"stop=yes", **FORM).status == 405


@pytest.mark.parametrize("web", [Web(), Web(url=SITE), Web(secret=SECRET)])
def test_without_an_address_or_a_secret_no_mail_has_a_link(web: Web) -> None:
    assert stop_link(web, DAILY) == ""


def test_a_site_without_tls_is_linked_in_the_body_and_offers_no_one_click(world: World) -> None:
    world.configure(watch(), extra=WEB.replace("https://", "http://"))
    letter = digest_of(world)
    assert letter["List-Unsubscribe-Post"] is None
    assert "https:" not in str(letter["List-Unsubscribe"])
    assert "http://trials.example.org/unsubscribe?" in words(letter)


def test_a_link_stays_what_it_is() -> None:
    """A change of how links are signed would end those in all mails that were sent."""
    sign = "78fbf414b2b1d10f6fdd681946d858d5a9670acede76561204e5716de602d17d"
    web = Web(url=SITE, secret=SECRET)
    link = stop_link(web, Sending(channel="me", when="daily", watch="a b"))
    assert link == f"{SITE}/unsubscribe?channel=me&when=daily&watch=a+b&sign={sign}"


# --- what is stopped, and how it goes on ------------------------------------------------------------------------------


def test_alerts_that_are_stopped_come_with_the_digest_where_there_is_one(world: World) -> None:
    pausing.pause(world.settings, world.store, AT_ONCE, world.now)
    told = len(letters(world))
    world.day(change=lambda: stop(world))
    world.day()
    subjects = [str(letter["Subject"]) for letter in letters(world)[told:]]
    assert subjects == ["Stopped: alerts", "1 terminated: mine"]
    assert "alerts to “me” are paused since" in words(letters(world)[-1])


def test_alerts_that_are_stopped_are_told_to_nobody_where_there_is_no_digest(world: World) -> None:
    world.configure(watch("mine", 'when = "immediate"'), extra=WEB)
    pausing.pause(world.settings, world.store, AT_ONCE, world.now)
    told = len(letters(world))
    world.day(change=lambda: stop(world))
    world.day()
    assert len(letters(world)) == told + 1
    assert world.store.unsent_alerts() == []


def test_of_two_series_to_one_channel_only_the_one_is_stopped(world: World) -> None:
    world.configure(watch("one", 'when = "daily"') + watch("two", 'when = "daily"\nseparate = true'), extra=WEB)
    world.day()
    pausing.pause(world.settings, world.store, Sending(channel="me", when="daily", watch="two"), world.now)
    told = len(letters(world))
    world.day(change=lambda: grow(world, 115))
    world.day()
    assert [str(letter["Subject"]) for letter in letters(world)[told:]] == [
        "Stopped: daily digest of “two”",
        "1 enrollment change: one",
    ]


def test_after_resuming_what_changes_from_then_on_is_told_and_the_pause_is_named(world: World) -> None:
    pausing.pause(world.settings, world.store, DAILY, world.now)
    world.day(change=lambda: grow(world, 115))
    world.day()
    resumed = inside("--config", world.config, "resume", "me", "--when", "daily")
    assert resumed.code == 0
    assert "goes on with what changes from now on" in resumed.out
    body = words(digest_of(world, 129))
    assert "129" in body
    assert "100 -> 115" not in body
    assert "daily digest to “me” was paused from" in body


def test_what_waited_when_it_was_taken_up_again_is_not_told(world: World) -> None:
    pausing.pause(world.settings, world.store, DAILY, world.now)
    world.now += timedelta(days=1)
    grow(world, 115)
    world.sync()  # and no delivery
    assert pausing.resume(world.settings, world.store, DAILY, world.now)
    told = len(letters(world))
    world.day()
    assert [str(letter["Subject"]) for letter in letters(world)[told:]] == ["Stopped: daily digest"]


def test_a_message_that_waits_is_not_sent_after_its_reader_has_stopped_it(world: World) -> None:
    world.mailbox.close()
    world.day(change=lambda: grow(world, 115))
    world.day()
    [waiting] = [message for message in world.store.unsent_messages() if message.kind == "digest"]
    assert not pausing.pause(world.settings, world.store, AT_ONCE, world.now) or waiting.sending == DAILY
    pausing.pause(world.settings, world.store, DAILY, world.now)
    assert not world.store.begin_try(waiting.key, world.now)
    assert world.store.retry(None, world.now) == len(list(world.store.unsent_messages()))
    found = world.store.message(waiting.key)
    assert found is not None
    assert found.state == "dropped"


def test_a_message_cut_while_its_reader_stops_it_stays_out_of_the_outbox(world: World) -> None:
    message = world.store.message("welcome:me:mine")
    assert message is not None
    pausing.pause(world.settings, world.store, DAILY, world.now)
    late = msgspec.structs.replace(message, key="digest:me:late", sending=DAILY, state="waiting")
    assert not world.store.cut(late, (), world.now)
    assert world.store.message("digest:me:late") is None


def test_what_is_stopped_is_listed_and_an_unknown_channel_is_refused(world: World) -> None:
    assert inside("--config", world.config, "resume").out == "Nothing is stopped.\n"
    pausing.pause(world.settings, world.store, DAILY, world.now)
    assert "daily digest to “me” is paused" in inside("--config", world.config, "resume").out
    assert inside("--config", world.config, "resume", "--json").json["paused"][0]["channel"] == "me"
    assert "is paused" in inside("--config", world.config, "list").err
    refused = inside("--config", world.config, "resume", "nobody")
    assert refused.code == 2
    assert "tracker resume" in refused.err


@pytest.mark.parametrize("secret", ["short", "x" * 31])
def test_a_secret_that_can_be_guessed_is_refused(untouched: World, secret: str) -> None:
    weak = untouched.config.with_name("weak.toml")
    weak.write_text(untouched.config.read_text("utf-8").replace(SECRET, secret), "utf-8")
    refused = inside("--config", weak, "check")
    assert refused.code == 2
    assert "32" in refused.err
