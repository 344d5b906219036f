"""A batch of answers: what each needs of the store, and what all of them come to. No store and no network take part."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
import pytest

from tests.builders import DAY, changed, day, make_record
from tracker.detect.batch import (
    BatchInputs,
    Looked,
    RunContext,
    Wanted,
    decide,
    look,
    wanted,
)
from tracker.detect.mirrors import Home
from tracker.detect.standing import decide_calendar, decide_moves
from tracker.errors import AnswerError
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta, TrackedTrial
from tracker.model.source import Absent, Answer, Document, Failed, Found, NotModified, Parsed, SourceInfo
from tracker.model.watch import SearchEntry, SearchMove, Send, Watch

A, B = "ctgov:NCT00000001", "ctgov:NCT00000002"
PAGE = "meddatax:NCT00000001"
REGISTRY = SourceInfo(key="ctgov", title="Registry", kind="registry", base_url="", hosts=(), pace=1, anchors=())
SITE = SourceInfo(key="meddatax", title="Pages", kind="page", base_url="", hosts=(), pace=1, anchors=(), home="ctgov")
WATCH = Watch(name="lupus", send=(Send(to="me", when="immediate", min_severity="minor"),))


class JsonSource:
    """A source whose documents are records as JSON; other bytes are not readable."""

    def __init__(self, info: SourceInfo) -> None:
        self.info = info

    def parse(self, document: Document) -> Parsed:
        try:
            return Parsed(record=msgspec.json.decode(document.body, type=TrialRecord))
        except msgspec.MsgspecError as error:
            raise AnswerError("not readable", source=self.info.key, trial=document.trial) from error

    def digest(self, document: Document) -> str:
        return hashlib.sha256(document.body).hexdigest()


def document(record: TrialRecord | bytes, trial: str = A) -> Document:
    body = record if isinstance(record, bytes) else msgspec.json.encode(record)
    return Document(source=trial.partition(":")[0], trial=trial, url="", body=body, content_type="", fetched_at=DAY, as_of=DAY)


def found(record: TrialRecord | bytes, trial: str = A) -> Found:
    return Found(trial=trial, document=document(record, trial))


def tracked(record: TrialRecord | None, trial: str = A, number: int = 1) -> TrackedTrial:
    """A trial whose current version is number ``number``, first seen ten days ago; None was never read."""
    current = None
    if record is not None:
        digest = hashlib.sha256(msgspec.json.encode(record)).hexdigest()
        seen = day(-10)
        current = SnapshotMeta(
            id=number,
            trial=trial,
            url="",
            sha256=digest,
            digest=digest,
            digest_version=1,
            size=1,
            fetched_at=seen,
            first_seen_at=seen,
            last_seen_at=day(-1),
            valid_from=seen,
        )
    source, _, nct = trial.partition(":")
    return TrackedTrial(key=trial, source=source, number=nct, nct_number=nct, first_seen_at=day(-10), current=current)


def run(*trials: TrackedTrial, info: SourceInfo = REGISTRY, **parts: object) -> RunContext:
    values: dict[str, object] = {
        "source": JsonSource(info),
        "data": None,
        "followed": {known.key: known for known in trials},
        "watches": {"lupus": WATCH},
        "joined": {known.key: {"lupus": day(-5)} for known in trials},
    }
    return RunContext(**{**values, **parts})  # type: ignore[arg-type]


OLD = make_record(trial=A, nct_number="NCT00000001", enrollment=100)
NEW = msgspec.structs.replace(OLD, recruitment_status="COMPLETED")


@pytest.mark.parametrize("answer", [found(OLD), NotModified(trial=A), Failed(trial=A, error="timed out")])
def test_an_answer_that_says_nothing_new_asks_nothing_of_the_store(answer: Answer) -> None:
    context = run(tracked(OLD))
    looked = look(context, answer)
    assert looked.parsed is None
    assert wanted(context, [looked], DAY) == Wanted()


def test_a_document_that_differs_is_read_once_and_asks_for_its_stored_version_and_its_past() -> None:
    context = run(tracked(OLD, number=7), tracked(None, B))
    looks = [look(context, found(NEW)), look(context, found(NEW, B))]
    assert wanted(context, looks, DAY) == Wanted(documents=(7,), moved=(A, B))


def test_what_cannot_be_read_has_failed_and_is_kept_apart_from_history() -> None:
    context = run(tracked(OLD))
    [result] = decide(context, [look(context, found(b"<html>"))], BatchInputs(), DAY).results
    assert (result.staged.check.status, result.snapshot, result.events) == ("failed", None, ())
    assert "not readable" in result.staged.check.error


def test_a_stored_version_that_can_no_longer_be_read_fails_the_check_and_not_the_run() -> None:
    context = run(tracked(OLD), tracked(OLD, B))
    looks = [look(context, found(NEW)), look(context, found(OLD, B))]
    decision = decide(context, looks, BatchInputs(documents={A: document(b"<html>")}), DAY)
    assert [result.staged.check.status for result in decision.results] == ["failed", "unchanged"]


def test_a_change_names_the_pair_of_versions_that_it_compares_and_is_routed() -> None:
    context = run(tracked(OLD, number=7))
    decision = decide(context, [look(context, found(NEW))], BatchInputs(documents={A: document(OLD)}), DAY)
    [staged], [snapshot] = decision.batch.events, decision.batch.snapshots
    assert staged.event.kind == "recruitment_status_changed"
    assert (staged.old, staged.new) == (7, snapshot.version)
    assert staged.event.evidence.new == f"sha256:{snapshot.sha256}"
    [story] = decision.batch.stories
    assert (story.parts, staged.event.story) == ((staged.event.id,), story.id)
    assert [(alert.event, alert.watch) for alert in decision.batch.alerts] == [(staged.event.id, "lupus")]


def test_a_first_version_that_a_search_brought_in_tells_of_the_search_and_of_no_change() -> None:
    context = run(tracked(None), joined={}, entering={A: [("lupus", SearchEntry(trial=A, kind="entered_watch"))]})
    batch = decide(context, [look(context, found(NEW))], BatchInputs(), DAY).batch
    [staged] = batch.events
    assert (staged.event.kind, staged.old, staged.new) == ("entered_watch", None, batch.snapshots[0].version)
    assert [alert.watch for alert in batch.alerts] == ["lupus"], "it joins with this run"


def test_a_trial_that_changed_is_held_against_the_calendar_with_its_new_record() -> None:
    """What its old record made true is no news; what its new one makes true is, and the new version is the evidence."""
    passed = changed(OLD, primary_completion_date="2026-03-01", completion_date="2026-03-01")
    context = run(tracked(OLD), calendar_at=day(-1))
    batch = decide(context, [look(context, found(passed))], BatchInputs(documents={A: document(OLD)}), DAY).batch
    came_true = [staged for staged in batch.events if staged.event.cause == "calendar"]
    assert came_true
    assert {staged.new for staged in came_true} == {batch.snapshots[0].version}
    assert {staged.event.evidence.new for staged in came_true} == {f"sha256:{batch.snapshots[0].sha256}"}


def test_a_trial_that_did_not_change_is_held_against_the_calendar_by_itself() -> None:
    ended = make_record(trial=A, primary_completion_date="2026-03-09", completion_date="2026-03-09")
    context = run(tracked(ended, number=3), calendar_at=day(-3))
    batch, _ = decide_calendar(context, [(tracked(ended, number=3), ended)], DAY)
    assert batch.events
    assert {(staged.old, staged.new) for staged in batch.events} == {(3, 3)}
    assert decide_calendar(context, [(tracked(ended), ended)], day(-3))[0].events == (), "nothing came true meanwhile"


def test_a_trial_that_is_absent_for_the_second_time_asks_for_what_is_last_known_of_it() -> None:
    gone = msgspec.structs.replace(tracked(OLD, number=7), absent_since=DAY - timedelta(days=2))
    answer = Looked(answer=Absent(trial=A, why="It is not in the answer."))
    assert wanted(run(tracked(OLD, number=7)), [answer], DAY) == Wanted(), "the first time nothing is decided"
    assert wanted(run(gone), [answer], DAY).documents == (7,)
    batch = decide(run(gone), [answer], BatchInputs(documents={A: document(OLD)}), DAY).batch
    assert [staged.event.kind for staged in batch.events] == ["removed"]


def test_a_page_asks_for_the_record_that_it_repeats_and_lags_once_that_has_moved_on() -> None:
    shown = make_record(trial=PAGE, nct_number="NCT00000001", recruitment_status="RECRUITING")
    context = run(tracked(shown, PAGE, number=9), info=SITE)
    looked = [look(context, NotModified(trial=PAGE))]
    assert wanted(context, looked, DAY) == Wanted(documents=(9,), homes={A: day(-10)})
    current = tracked(NEW).current
    assert current is not None
    moved_on = Home(record=NEW, current=msgspec.structs.replace(current, first_seen_at=day(-2)))
    inputs = BatchInputs(documents={PAGE: document(shown, PAGE)}, homes={A: moved_on})
    kinds = [staged.event.kind for staged in decide(context, looked, inputs, DAY).batch.events]
    assert kinds in (["mirror_lags"], ["registries_disagree"])
    as_ever = msgspec.structs.replace(moved_on, current=current)
    assert decide(context, looked, msgspec.structs.replace(inputs, homes={A: as_ever}), DAY).batch.events == ()


def test_a_search_tells_of_stored_trials_that_entered_or_left_but_not_of_those_that_are_gone() -> None:
    context = run(tracked(OLD), tracked(OLD, B))
    moves = [
        SearchMove(trial=A, watch="lupus", kind="entered_watch", reason="again"),
        SearchMove(trial=B, watch="lupus", kind="left_watch"),
    ]
    batch, _ = decide_moves(context, moves, {A: OLD}, DAY)
    assert [(staged.event.trial, staged.event.details.reason) for staged in batch.events] == [(A, "again")], "B was not read"


# --- a mistake of ours ------------------------------------------------------------------------------------------------


class Broken(JsonSource):
    """A source whose parser makes a mistake in one trial's newer document."""

    def parse(self, document: Document) -> Parsed:
        parsed = super().parse(document)
        if document.trial == A and parsed.record.enrollment != OLD.enrollment:
            raise KeyError("\x1b[2J" + "x" * 10_000)
        return parsed


def test_a_mistake_in_reading_or_comparing_one_trial_fails_that_trial_alone_with_its_reason() -> None:
    other = make_record(trial=B, nct_number="NCT00000002", enrollment=100)
    newer = {A: changed(OLD, enrollment=200), B: changed(other, enrollment=200)}
    context = run(tracked(OLD), tracked(other, B, 2), source=Broken(REGISTRY))
    looks = [look(context, Found(trial=key, document=document(record, key))) for key, record in newer.items()]
    stored = BatchInputs(documents={A: document(OLD), B: document(other, B)})
    results = decide(context, looks, stored, DAY).results
    assert [result.staged.check.status for result in results] == ["failed", "changed"]
    error = results[0].staged.check.error
    assert "this program made a mistake" in error
    assert "KeyError at test_batch.py" in error
    assert "\x1b" not in error
    assert len(error) < 600


class Odd(JsonSource):
    """A source that reads one trial's documents as no record should be: what compares them, or asks the calendar, fails."""

    def parse(self, document: Document) -> Parsed:
        record = super().parse(document).record
        return Parsed(record=odd(record) if document.trial == A else record)


def odd(record: TrialRecord) -> TrialRecord:
    return msgspec.structs.replace(record, primary_outcomes=7, primary_completion_date=7)  # type: ignore[arg-type]


def test_a_mistake_in_comparing_one_trial_leaves_the_others_their_events() -> None:
    other = make_record(trial=B, nct_number="NCT00000002", enrollment=100)
    context = run(tracked(OLD), tracked(other, B, 2), source=Odd(REGISTRY))
    looks = [look(context, found(NEW)), look(context, found(changed(other, enrollment=200), B))]
    stored = BatchInputs(documents={A: document(OLD), B: document(other, B)})
    decision = decide(context, looks, stored, DAY)
    assert [result.staged.check.status for result in decision.results] == ["failed", "changed"]
    assert {staged.event.trial for staged in decision.batch.events} == {B}
    assert {staged.document.trial for staged in decision.batch.snapshots} == {B}


def test_a_mistake_in_asking_the_calendar_of_one_trial_leaves_the_others_their_dates() -> None:
    ended = make_record(trial=B, primary_completion_date="2026-03-09", completion_date="2026-03-09")
    context = run(tracked(OLD), tracked(ended, B, 2), calendar_at=day(-3))
    batch, failed = decide_calendar(context, [(tracked(OLD), odd(OLD)), (tracked(ended, B, 2), ended)], DAY)
    assert {staged.event.trial for staged in batch.events} == {B}
    assert [one.trial for one in failed] == [A]
