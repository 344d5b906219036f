"""Registry texts that are written to do harm where they are shown: in mails, tables, files, feeds and on terminals."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from icalendar import Calendar
from selectolax.lexbor import LexborHTMLParser

from tests.cli.conftest import publish
from tests.cli.program import Ended, inside
from tests.lab import Day
from tests.world import SENDS, World, study
from tracker.model.event import EventFilter

Run = Callable[..., Ended]

TITLES = {
    "NCT00000201": "<script>alert('a')</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>b</a>",
    "NCT00000202": "=cmd|' /C calc'!A0",
    "NCT00000203": "Study\r\nBcc: all@example.org\r\n\r\nsecond body",
    "NCT00000204": "\x1b[2J\x1b]0;owned\x07 \x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\ \x9b31m",
    "NCT00000205": "a | b | `c` [d](javascript:alert(1)) <e> ![f](https://evil.example/f.png)",
    "NCT00000206": "=?utf-8?q?Bcc=3A_all=40example=2Eorg?= \u202egpj.exe\u202c \U0001f921 \u2028next",
    "NCT00000207": "END:VEVENT\nBEGIN:VALARM\nATTACH:https://evil.example;,\\n",
    "NCT00000208": "@SUM(1+1)*cmd|' /C calc'!A0",
    "NCT00000209": "-2+3+cmd|' /C calc'!A0",
    "NCT00000210": "\t+1+1\x00\x08",
    "NCT00000211": "{{ 7*7 }} {% raw %} ${SMTP_PASSWORD} %(asctime)s {0.__class__} [bold]x[/bold] [link=file:///etc]y[/link]",
}
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
"""What steers a terminal or turns text round, line ends and tabs aside."""
OUR_OWN = re.compile(r"\x1b\[[?0-9;]*[mKAhl]|\r")
"""What the program itself sends to a terminal: colours, and the moves of a progress bar."""


def hostile(number: str, title: str) -> dict[str, object]:
    made = study(
        number,
        identificationModule__briefTitle=title,
        identificationModule__officialTitle=title,
        identificationModule__acronym=title[:14],
        sponsorCollaboratorsModule__leadSponsor={"name": title, "class": "OTHER"},
        conditionsModule__conditions=[title],
        outcomesModule__primaryOutcomes=[{"measure": title, "timeFrame": title}],
        contactsLocationsModule__locations=[{"facility": title, "city": title, "country": title}],
        referencesModule__seeAlsoLinks=[{"label": title, "url": "javascript:alert(1)"}],
    )
    made["protocolSection"]["identificationModule"][title] = title  # the name of a field, too
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that followed hostile studies from one day to the next, and told of what changed."""
    with World(tmp_path_factory.mktemp("world")) as made:
        made.studies = {number: hostile(number, title) for number, title in TITLES.items()}
        listed = ", ".join(f'"{number}"' for number in TITLES)
        made.configure(f'[[watch]]\nname = "mine"\ntrials = [{listed}]\n' + SENDS)
        made.day(after=timedelta())
        for number, title in TITLES.items():
            made.amend(
                number,
                statusModule__overallStatus="TERMINATED",
                statusModule__lastUpdatePostDateStruct={"date": f"{made.now:%Y-%m-%d}", "type": "ACTUAL"},
                statusModule__whyStopped=title,
                statusModule__primaryCompletionDateStruct={"date": "2024-01-01", "type": "ACTUAL"},
                identificationModule__briefTitle=f"{title} 2",
                outcomesModule__primaryOutcomes=[{"measure": f"{title} 2", "timeFrame": title}],
                eligibilityModule__eligibilityCriteria=f"Inclusion Criteria:\n\n* {title}",
            )
        made.day()
        yield made


@pytest.fixture(scope="module")
def run(world: World) -> Run:
    return lambda *args, **options: inside("--config", world.config, *args, **options)


@pytest.fixture(scope="module")
def letters(world: World) -> list[EmailMessage]:
    """Every mail that was sent, as its bytes on the wire say."""
    found = [message_from_bytes(letter.message.as_bytes(), policy=policy.default) for letter in world.mailbox.letters]
    assert len(found) >= 2
    return found


def test_no_hostile_text_stops_a_run_or_makes_an_event_of_itself(world: World) -> None:
    told = {(event.trial, event.kind) for event in world.store.events(EventFilter())}
    assert {(f"ctgov:{number}", "recruitment_status_changed") for number in TITLES} <= told
    events = len(world.store.events(EventFilter()))
    world.registry.show(Day(data_timestamp="2026-03-09T09:00:05", studies=dict(world.studies), pages={}))
    world.now += timedelta(days=6)
    report = world.sync_shown(full=True)
    assert report.state == "done"
    assert len([event for event in world.store.events(EventFilter()) if event.cause == "record"]) == len(
        [event for event in world.store.events(EventFilter())[:events] if event.cause == "record"]
    )


def test_a_mail_has_the_headers_we_wrote_and_no_others(letters: list[EmailMessage]) -> None:
    for letter in letters:
        assert not letter.defects
        assert {name.lower() for name, _ in letter.items()} <= {
            *("from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "auto-submitted", "mime-version"),
            *("x-auto-response-suppress", "content-type", "content-transfer-encoding", "reply-to", "x-peer", "x-mailfrom"),
            "x-rcptto",
        }
        assert len(letter.get_all("to", [])) == len(letter.get_all("subject", [])) == 1
        assert [address.addr_spec for address in letter["to"].addresses] in (["me@example.org"], ["operator@example.org"])
        assert letter["subject"].isprintable()


def test_the_html_of_a_mail_runs_and_fetches_nothing(letters: list[EmailMessage]) -> None:
    seen = 0
    for letter in letters:
        body = letter.get_body(("html",))
        if body is None:
            continue
        seen += 1
        page = LexborHTMLParser(body.get_content())
        assert not page.css("script, iframe, object, embed, form, img, svg, link, base, meta[http-equiv=refresh]")
        for node in page.css("*"):
            for name, value in node.attributes.items():
                assert not name.startswith("on"), (name, value)
                if name in ("href", "src", "action"):
                    assert re.match(
                        r"https?://(clinicaltrials\.gov|127\.0\.0\.1)|mailto:(me|operator|tracker)@|#", value or ""
                    ), value
    assert seen


def test_the_text_of_a_mail_steers_no_terminal(letters: list[EmailMessage]) -> None:
    for letter in letters:
        body = letter.get_body(("plain",))
        assert body is not None
        assert not STEERING.search(body.get_content().replace("\r\n", "\n"))


SHOWING = (
    ("list",),
    ("changes",),
    ("deadlines",),
    ("outbox",),
    ("digest", "--since", "2026-01-01"),
    ("sync", "--full", "--no-deliver"),
    *(("show", number, "--all") for number in TITLES),
    *(("diff", number) for number in TITLES),
)


@pytest.mark.parametrize("args", SHOWING, ids=" ".join)
def test_nothing_shown_steers_a_terminal(world: World, run: Run, args: tuple[str, ...]) -> None:
    publish(world)
    for terminal in (False, True):
        ended = run("-vv", *args, terminal=terminal)
        assert ended.code in (0, 3), ended
        for said in (ended.out, ended.err):
            assert not STEERING.search(OUR_OWN.sub("", said) if terminal else said)


@pytest.mark.parametrize("args", [*SHOWING[:6], ("show", "NCT00000204"), ("diff", "NCT00000206")], ids=" ".join)
def test_json_is_json_whatever_the_registry_says(world: World, run: Run, args: tuple[str, ...]) -> None:
    publish(world)
    ended = run(*args, "--json")
    assert msgspec.json.decode(ended.out) is not None
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", ended.out)


@pytest.mark.parametrize("args", [("list", "--format", "csv"), ("changes", "--format", "csv")], ids=" ".join)
def test_no_cell_of_csv_begins_like_a_formula(run: Run, args: tuple[str, ...]) -> None:
    rows = list(csv.reader(io.StringIO(run(*args).out, newline="")))
    assert len(rows) > len(TITLES)
    assert len({len(row) for row in rows}) == 1, "no text breaks out of its row"
    for text in (text for row in rows for text in row):
        assert not STEERING.search(text)
        assert not re.match(r"\s*[=+@＝＋－＠]|\s*-(?![\d.]+\Z)|[\t\r]", text), text


def test_no_text_breaks_out_of_its_cell_in_markdown(run: Run) -> None:
    head, rule, *rows = run("changes", "--format", "md").out.splitlines()
    columns = rule.count("|")
    assert rows
    for row in (head, *rows):
        plain = re.sub(r"\\.", "", row)
        assert plain.count("|") == columns
        assert not re.search(r"[`<>\[\]]", plain), row


def test_a_calendar_holds_deadlines_and_nothing_else(run: Run) -> None:
    ended = run("deadlines", "--format", "ics")
    calendar = Calendar.from_ical(ended.out)
    assert {component.name for component in calendar.walk()} <= {"VCALENDAR", "VEVENT"}
    for event in calendar.walk("VEVENT"):
        assert set(event) <= {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP", "URL"}
    assert not STEERING.search(ended.out.replace("\r\n", "\n"))


def test_a_digest_asked_for_as_a_letter_is_one(run: Run) -> None:
    letter = message_from_bytes(run("digest", "--since", "2026-01-01", "--format", "eml").out.encode(), policy=policy.default)
    assert "bcc" not in letter
    assert letter.get_body(("html",)) is not None


def test_what_looks_like_a_template_is_shown_as_it_stands(run: Run) -> None:
    said = run("digest", "--since", "2026-01-01").out
    assert "${SMTP_PASSWORD}" in said
    assert "{{ 7*7 }}" in said or "7*7" in said


PATHS = (
    "../../etc/passwd",
    "ctgov:../../etc/passwd",
    "meddatax:..%2f..%2fetc",
    "trialx:/etc/passwd",
    "..\\..\\x",
    "ctgov:\x1b[2J",
    "~",
)


@pytest.mark.parametrize("text", PATHS)
@pytest.mark.parametrize(
    "command", [("show",), ("diff",), ("changes", "--trial"), ("silence",), ("add",), ("remove",)], ids=" ".join
)
def test_a_path_in_the_place_of_a_number_opens_no_file(world: World, run: Run, command: tuple[str, ...], text: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in world.folder.rglob("*") if path.name == "config.toml"}
    files = set(world.folder.parent.rglob("*"))
    ended = run(*command, text)
    assert ended.code in (0, 2), ended
    assert "root:" not in ended.out + ended.err
    assert set(world.folder.parent.rglob("*")) - files <= set(world.folder.glob("tracker.db*"))
    assert {path: path.stat().st_mtime_ns for path in before} == before, "the configuration is not touched"


def test_parse_of_a_hostile_file_is_json(run: Run, tmp_path: Path) -> None:
    for number, title in TITLES.items():
        path = tmp_path / f"{number}.json"
        path.write_bytes(msgspec.json.encode(hostile(number, title)))
        ended = run("parse", path)
        assert ended.code == 3, "the field with the strange name is told"
        assert msgspec.json.decode(ended.out)["record"]["nct_number"] == number
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", ended.out)
