"""What a served document is known by: the digest is computed where the bytes alone do not tell, and only there."""

from __future__ import annotations

import hashlib

import msgspec

from tests.builders import DAY
from tests.detect.test_batch import OLD, REGISTRY, JsonSource, document, found, run, tracked
from tracker.detect.batch import BatchInputs, decide, look
from tracker.detect.served import known_by
from tracker.errors import AnswerError
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Document, Fingerprint, Fingerprinted


class Counting(JsonSource, Fingerprinted):
    """A source that counts the digests it is asked for; ``rule`` is that of its fingerprints."""

    def __init__(self, rule: str = "1") -> None:
        super().__init__(REGISTRY)
        self.rule = rule
        self.digests = 0

    def digest(self, document: Document) -> str:
        self.digests += 1
        if not document.body:
            raise AnswerError("nothing", source="ctgov", trial=document.trial)
        return super().digest(document)

    def fingerprint(self, document: Document) -> Fingerprint | None:
        value = self.rule + hashlib.sha256(document.body).hexdigest()
        return Fingerprint(value=value, data_version="2026-03-01") if document.body else None


def seen(source: Counting, known: TrackedTrial) -> TrackedTrial:
    """The trial after a pass in which it answered with its stored version."""
    mark = known_by(source, document(OLD), known).fingerprint
    source.digests = 0
    return msgspec.structs.replace(known, fingerprint=mark)


def test_bytes_that_were_seen_before_need_no_digest() -> None:
    source = Counting()
    known = seen(source, tracked(OLD))
    again = known_by(source, document(OLD), known)
    assert known.current
    assert (again.digest, again.data_version, again.fingerprint) == (known.current.digest, "2026-03-01", None)
    assert source.digests == 0


def test_other_bytes_another_rule_and_another_current_version_each_need_one() -> None:
    known = seen(Counting(), tracked(OLD))
    changed = msgspec.structs.replace(OLD, brief_title="Another")
    for source, served, trial in (
        (Counting(), document(changed), known),
        (Counting(rule="2"), document(OLD), known),
        (Counting(), document(OLD), msgspec.structs.replace(tracked(changed), fingerprint=known.fingerprint)),
        (Counting(), document(OLD), msgspec.structs.replace(tracked(None), fingerprint=known.fingerprint)),
    ):
        result = known_by(source, served, trial)
        assert source.digests == 1
        assert result.digest == JsonSource(REGISTRY).digest(served)
        assert result.fingerprint is not None


def test_after_a_change_of_the_rule_no_trial_has_changed_and_the_new_fingerprint_is_kept() -> None:
    source = Counting(rule="2")
    known = seen(Counting(rule="1"), tracked(OLD))
    context = run(known, source=source)
    for _ in range(2):
        looked = look(context, found(OLD))
        (result,) = decide(context, [looked], BatchInputs(), DAY).results
        assert result.staged.check.status == "unchanged"
        context = run(msgspec.structs.replace(known, fingerprint=result.staged.fingerprint or known.fingerprint), source=source)
        known = context.followed[known.key]
    assert source.digests == 1
    assert result.staged.fingerprint is None


def test_a_trial_whose_answer_could_not_be_read_keeps_what_it_was_known_by() -> None:
    context = run(seen(Counting(), tracked(OLD)), source=Counting())
    (result,) = decide(context, [look(context, found(b""))], BatchInputs(), DAY).results
    assert result.staged.check.status == "failed"
    assert result.staged.fingerprint is None
