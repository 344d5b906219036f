"""``tracker.open``: the database from Python."""

from __future__ import annotations

import datetime as dt
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tracker
from tests.cli.conftest import demo
from tests.cli.program import inside
from tracker.errors import UsageError

__all__ = ["demo"]
TRIAL = "NCT07177911"


@pytest.fixture
def url(demo: Path) -> str:
    return f"sqlite:///{demo / 'tracker.db'}"


@pytest.fixture
def opened(url: str) -> Iterator[tracker.Tracker]:
    with tracker.open(url) as found:
        yield found


def test_it_gives_what_the_commands_give(opened: tracker.Tracker, demo: Path) -> None:
    def asked(*arguments: str) -> list[dict[str, str]]:
        answer = inside("--config", demo / "config.toml", *arguments, "--json").json
        found: list[dict[str, str]] = next(iter(answer.values()))
        return found

    assert [found.record.trial for found in opened.trials()] == [row["trial"] for row in asked("list")]
    assert [event.id for event in opened.changes()] == [event["id"] for event in asked("changes")]
    assert [event.id for event in opened.changes(trial=TRIAL, kind="recruitment_status_changed")] == [
        event["id"] for event in asked("changes", "--trial", TRIAL, "--kind", "recruitment_status_changed")
    ]
    rows = sorted((row.deadline.due.isoformat(), row.deadline.trial, row.deadline.kind) for row in opened.deadlines())
    assert rows == sorted((row["due"], row["trial"], row["kind"]) for row in asked("deadlines"))
    assert set(opened.health().last_accepted) == {"ctgov", "meddatax", "trialx"}


def test_a_trial_is_given_as_it_stood_at_a_time(opened: tracker.Tracker) -> None:
    assert opened.trial(TRIAL).record.recruitment_status == "RECRUITING"
    for at in ("2026-02-10", dt.date(2026, 2, 10), dt.datetime(2026, 2, 10, 23, tzinfo=dt.UTC), "2026-02-10T23:00:00"):
        assert opened.trial(TRIAL, at=at).record.recruitment_status == "NOT_YET_RECRUITING"
    kinds = {event.kind for event in opened.compare(TRIAL, "2026-02-10", "2026-02-11").events}
    assert "recruitment_status_changed" in kinds
    assert kinds == {event.kind for event in opened.compare(TRIAL, 1, 2).events}


def test_the_log_is_narrowed_by_time_and_read_as_often_as_one_likes(opened: tracker.Tracker) -> None:
    every = opened.changes()
    assert every.to_list() == every.to_list() == list(every)
    first = opened.changes(until="2026-02-11").to_list()
    rest = opened.changes(since="2026-02-12").to_list()
    assert first
    assert rest
    assert first + rest == every.to_list()


def test_everything_becomes_an_arrow_table(opened: tracker.Tracker) -> None:
    for rows in (opened.trials(), opened.changes(), opened.deadlines()):
        found = rows.to_arrow()
        assert found.num_rows == len(rows.to_list())
        assert "trial" in found.column_names


def test_with_a_configuration_trials_have_its_names(url: str, demo: Path) -> None:
    with tracker.open(url, config=demo / "config.toml") as found:
        assert [row.name for row in found.deadlines()]
        assert found.trials(watch="lupus").to_list()


def test_nothing_here_writes(opened: tracker.Tracker, demo: Path) -> None:
    before = (demo / "tracker.db").read_bytes()
    for name, method in inspect.getmembers(opened, inspect.ismethod):
        if not name.startswith("_") and name not in ("close", "trial", "compare"):
            result = method("lupus") if name == "search" else method()
            assert result is not None
    assert (demo / "tracker.db").read_bytes() == before


@pytest.mark.parametrize(
    ("trial", "at"),
    [("CC312", None), ("NCT00000001", None), (TRIAL, "soon"), (TRIAL, "2001-01-01")],
    ids=["no number", "not stored", "no time", "too early"],
)
def test_wrong_questions_are_answered_with_the_remedy(opened: tracker.Tracker, trial: str, at: str | None) -> None:
    with pytest.raises(UsageError) as error:
        opened.trial(trial, at=at)
    assert error.value.remedy


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"watch": "lups"}, "There are lupus, "),
        ({"kind": "recruiting"}, "recruitment_status_changed"),
        ({"min_severity": "huge"}, "major, minor, notable"),
        ({"since": "2026-03-01", "until": "2026-02-01"}, "earlier"),
        ({"about": "!"}, "-paediatric"),
    ],
    ids=str,
)
def test_a_log_that_cannot_be_asked_for_is_refused_with_the_choices(
    opened: tracker.Tracker, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as error:
        opened.changes(**asked)
    assert words in error.value.remedy or words in error.value.message


def test_an_unknown_watch_is_refused_by_every_call_that_takes_one(opened: tracker.Tracker) -> None:
    for call in (opened.trials, opened.changes, opened.deadlines):
        with pytest.raises(UsageError, match="There is no watch lups"):
            call(watch="lups")
        assert call(watch="lupus").to_list()


def test_the_log_is_narrowed_by_words(opened: tracker.Tracker) -> None:
    vasculitis = opened.changes(about="vasculitis").to_list()
    others = opened.changes(about=["-vasculitis"]).to_list()
    assert vasculitis
    assert others
    assert len(vasculitis) + len(others) == len(opened.changes().to_list())


def test_the_code_of_the_documentation_runs(demo: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    code = code.replace("sqlite:///snapshots/tracker.db", f"sqlite:///{demo / 'tracker.db'}")
    code = code.replace('config="config.toml"', f'config="{demo / "config.toml"}"')
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "NOT_YET_RECRUITING RECRUITING" in ended.stdout


def test_the_documentation_names_every_call(opened: tracker.Tracker) -> None:
    text = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
    calls = {name for name, _ in inspect.getmembers(opened, inspect.ismethod) if not name.startswith("_")} - {"close"}
    assert {call for call in calls if f"| `{call}(" not in text} == set()
