"""A long change log is written as it is read: memory does not grow with it."""

from __future__ import annotations

import json
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.program import process
from tests.cli.terminal import Conversation
from tests.store.builders import Pass, baseline, check, event, snapshot, story
from tracker import clock
from tracker.archive import Archive
from tracker.model.event import EventFilter
from tracker.model.staging import StagedEvent
from tracker.model.watch import Watch
from tracker.render import machine
from tracker.store import Store, migrate

FEW, MANY = 500, 20_000
AT_ONCE = 200
"""So many trials have changes of one moment: a batch of a run."""


def logged(folder: Path, count: int) -> Path:
    """A folder with a configuration and a database whose log has so many changes, each of a trial of its own."""
    folder.mkdir()
    (folder / "config.toml").write_text('[store]\nurl = "sqlite:///tracker.db"\n')
    url = f"sqlite:///{folder / 'tracker.db'}"
    migrate(url, now=clock.now())
    with Store.open(url) as store:
        trials = [f"ctgov:NCT{number:08}" for number in range(1, count + 1)]
        baseline(store, trials[0], watches=(Watch(name="lupus", trials=tuple(trials[:1])),))
        run = Pass(store, 1)
        for start in range(0, count, AT_ONCE):
            some = list(enumerate(trials))[start : start + AT_ONCE]
            at = run.now + timedelta(seconds=start // AT_ONCE)
            staged = [snapshot(trial, trial.encode(), run.now) for _, trial in some]
            run.stage(
                checks=tuple(check(trial, "changed", run.now) for _, trial in some),
                snapshots=tuple(staged),
                events=tuple(
                    StagedEvent(event=event(f"e{number}", trial, at, story=f"s{number}"), new=kept.version)
                    for (number, trial), kept in zip(some, staged, strict=True)
                ),
                stories=tuple(story(f"s{number}", trial, (f"e{number}",)) for number, trial in some),
            )
        run.accept()
    return folder


def written(folder: Path) -> tuple[int, int]:
    """Bytes that are written of the log as JSON, and the most that Python held at a time meanwhile."""
    with Store.open(f"sqlite:///{folder / 'tracker.db'}") as store:
        archive = Archive(store=store, sources={})
        tracemalloc.start()
        length = sum(len(piece) for piece in machine.changes_json(archive.changes(EventFilter())))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return length, peak


def test_a_pipe_gets_every_row_and_a_terminal_the_last_page(tmp_path: Path) -> None:
    folder = logged(tmp_path / "log", 700)
    piped = process("changes", folder=folder).out.splitlines()
    assert len([line for line in piped if "NCT" in line]) == 700
    assert piped[-1] == "700 changes in 700 trials"
    seen = Conversation("changes", folder=folder)
    assert seen.end() == 0
    assert "700 changes in 700 trials" in seen.shown
    assert "… and 600 earlier: tracker changes | less shows all." in seen.shown
    assert "NCT00000700" in seen.shown
    assert "NCT00000600" not in seen.shown


def test_json_lines_are_the_entries_of_the_json_document(tmp_path: Path) -> None:
    folder = logged(tmp_path / "log", 30)
    for command, name in (("changes", "events"), ("list", "trials")):
        lines = process(command, "--jsonl", folder=folder).out.splitlines()
        assert [json.loads(line) for line in lines] == json.loads(process(command, "--json", folder=folder).out)[name]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_document_with_a_list_in_it_is_written_as_if_it_were_whole(count: int) -> None:
    values = [{"a": [1, {}], "b": number} for number in range(count)]
    pieces = machine.with_list({"run": {"x": []}, "counts": 1}, "events", iter(values), {"messages": []})
    assert "".join(pieces) == machine.document({"run": {"x": []}, "counts": 1, "events": values, "messages": []})


def test_twenty_thousand_changes_take_no_more_memory_than_five_hundred(tmp_path: Path) -> None:
    """SQLite's own cache, which has a bound of its own, is left aside."""
    (_, few), (length, many) = (written(logged(tmp_path / str(count), count)) for count in (FEW, MANY))
    assert length > 12_000_000
    assert many - few < length // 6
    assert process("changes", "--json", folder=tmp_path / str(FEW)).out.count('"kind"') == FEW
