"""``doctor --live``: each registry is asked for a known record and a search, and the report holds nothing of its user's."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.conftest import A, B, Run
from tests.lab import Reply, Request
from tests.lab.ctis_portal import LoopbackPortal
from tests.world import World, study
from tracker.model.live import Exchange, LiveCheck
from tracker.model.source import Issue
from tracker.render.live_report import report as report_of

EU = "2023-590001-11"
OUTCOMES = [{"measure": "Sleep", "timeFrame": "4 weeks"}]
SECRETS = {
    "watch": "Aunt-Agatha-7731",
    "condition": "testitis-agatha",
    "contact": "agatha@nowhere.example",
    "token": "tok-55ed1c-abcdefgh-55ed1c",
    "password": "hunter2-55ed1c",
    "channel": "secretroom.example",
    "person": "Zebulon Quux",
    "phone": "+49 555 0199",
    "cookie": "sess-9c1f22",
    "host": "internal-mirror",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A registry and the portal, with secrets in the configuration, in the records and in the answers."""
    folder = tmp_path / "home" / "zebulon"
    folder.mkdir(parents=True)
    with LoopbackPortal() as portal, World(folder) as made:
        portal.add(f"{EU}-00", condition="Testitis")
        portal.add("2023-590002-22-00", condition="Otherness")
        made.portal = portal
        people = [{"name": SECRETS["person"], "phone": SECRETS["phone"], "email": SECRETS["contact"]}]
        more = {"contactsLocationsModule__centralContacts": people, "outcomesModule__primaryOutcomes": OUTCOMES}
        made.studies = {A: study(A, **more), B: study(B, **more)}
        made.show()
        made.registry.fault = _with_secrets(made)
        made.configure(
            f'[[watch]]\nname = "{SECRETS["watch"]}"\ntrials = ["{A}", "{EU}"]\n'
            f'[[watch]]\nname = "two"\nquery = {{ condition = "{SECRETS["condition"]}" }}\nregistries = ["ctgov", "ctis"]\n',
            extra=f'[web]\ntoken = "{SECRETS["token"]}"\n[[channel]]\nname = "hook"\n'
            f'url = "json://user:{SECRETS["password"]}@{SECRETS["channel"]}/{SECRETS["token"]}"\n',
        )
        yield made


def _with_secrets(world: World) -> Callable[[Request], Reply]:
    """The registry's own answers, with a cookie and header names that hold more than a name."""

    def answer(request: Request) -> Reply:
        found = world.registry.answer(request)
        headers = {"Set-Cookie": SECRETS["cookie"], f"X-{SECRETS['token']}": "1", "X-Request-Id": "9c1f22"}
        return Reply(found.status, {**found.headers, **headers}, found.body)

    return answer


def live(run: Run, world: World, *more: object) -> tuple[Any, dict[str, Any]]:
    path = world.folder / "report.json"
    ended = run("doctor", "--live", "--report", path, *more)
    sources = {one["source"]: one for one in json.loads(path.read_text())["sources"]}
    return ended, sources


def test_each_registry_is_asked_for_a_record_and_a_search(world: World, run: Run) -> None:
    ended, found = live(run, world)
    assert set(found) == {"ctgov", "ctis", "meddatax", "trialx"}
    for key in ("ctgov", "ctis"):
        assert found[key]["record"]["state"] == "ok", found[key]
        assert (found[key]["search"]["state"], found[key]["record"]["anchors_missing"]) == ("ok", [])
        assert "brief_title" in found[key]["record"]["anchors_found"]
        assert {one["for"] for one in found[key]["requests"]} >= {"record", "search"}
        assert all(one["seconds"] >= 0 and one["status"] == 200 for one in found[key]["requests"])
    assert found["ctgov"]["search"]["criteria"] == ["query.cond"]
    assert "ClinicalTrials.gov" in ended.out
    assert "Report:" in ended.out


def test_no_secret_of_the_user_is_in_the_report(world: World, run: Run) -> None:
    live(run, world)
    text = (world.folder / "report.json").read_text().casefold()
    planted = [*SECRETS.values(), A, B, EU, str(world.folder), "zebulon", "127.0.0.1", "localhost", "://", "@"]
    planted += [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 4]
    assert [secret for secret in planted if secret.casefold() in text] == []
    assert "set-cookie" in text, "the names of headers are told"


def test_a_registry_that_changed_is_told_with_its_missing_anchors_and_unknown_words(world: World, run: Run) -> None:
    changed = study(A, statusModule__overallStatus="PAUSED", designModule__robots=3, conditionsModule__conditions=[])
    world.studies = {A: changed}
    world.show()
    ended, found = live(run, world)
    assert ended.code == 1
    assert set(found["ctgov"]["record"]["anchors_missing"]) == {"conditions", "primary_outcomes"}
    told = {(one["what"], one["field"], one["word"]) for one in found["ctgov"]["record"]["not_read"]}
    assert ("unknown_word", "protocolSection.statusModule.overallStatus", "PAUSED") in told
    assert any(what == "unknown_field" and "robots" in field for what, field, _ in told)


def test_a_registry_that_refuses_is_told_by_its_status_and_no_sentence(world: World, run: Run) -> None:
    world.registry.fault = lambda request: Reply(403, {"Content-Type": "text/html"}, b"<html>Access denied</html>")
    ended, found = live(run, world)
    assert ended.code == 1
    assert found["ctgov"]["record"]["state"] in ("BlockedError", "Failed")
    assert {one["status"] for one in found["ctgov"]["requests"]} == {403}
    assert found["ctis"]["record"]["state"] == "ok", "one that fails does not hide the others"


def test_the_report_goes_with_live(world: World, run: Run) -> None:
    assert run("doctor", "--report", world.folder / "x.json").code == 2
    ended = run("doctor", "--live", "--report", world.folder / "no" / "such" / "folder.json")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_what_does_not_look_like_a_name_is_withheld_from_the_report() -> None:
    issues = (
        Issue(code="unknown_word", path="status", value="jane.doe@example.org"),
        Issue(code="unknown_field", path="contacts[].Jane Doe, 12 High Street", value="x"),
        Issue(code="unreadable_date", path="startDate.date", value="call 0171 555"),
        Issue(code="unknown_word", path="phase.word", value="PHASE_FIVE"),
    )
    headers = ("content-type", "x-9f2c71aa", "jane@doe", "x" * 60)
    exchange = Exchange(step="record", method="GET", status=200, headers=headers)
    check = LiveCheck(source="s", title="S", kind="registry", own_address=True, issues=issues, exchanges=(exchange,))
    from datetime import UTC, datetime

    found = msgspec.json.decode(report_of([check], datetime(2026, 3, 2, tzinfo=UTC), "1"))["sources"][0]
    assert {(one["field"], one["word"]) for one in found["record"]["not_read"]} == {
        ("status", "withheld"),
        ("withheld", ""),
        ("startDate.date", ""),
        ("phase.word", "PHASE_FIVE"),
    }
    assert found["requests"][0]["headers"] == ["content-type"]
    assert found["requests"][0]["headers_withheld"] == 3
    page = msgspec.structs.replace(check, kind="page")
    assert b"startDate" not in report_of([page], datetime(2026, 3, 2, tzinfo=UTC), "1")
