"""An answer in which nothing changed: from the bytes of a page to that verdict, without network and database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import best
from benchmarks.registry import Held
from benchmarks.stage import Stage, days
from tracker.detect import batch
from tracker.detect.batch import BatchInputs, RunContext
from tracker.model.source import Answer, Asked, Document

NAME = "verdict"
_BATCH = 200


class _Page(msgspec.Struct, frozen=True):
    studies: list[msgspec.Raw]


_PAGES = msgspec.json.Decoder(_Page)
_SECTIONS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def measure(size: Size, folder: Path) -> list[Figure]:
    """Records whose version holder moved, as on every working day."""
    count = 8 if size == "tiny" else len(studies.originals())
    first, second = days(2)
    stage = Stage(folder, Held(count=count, first_day=first, day=first))
    stage.sync()
    stage.held.edit = "stamped"
    stage.turn(second)
    asked = [Asked(trial=f"ctgov:{studies.nct(place)}") for place in range(count)]
    statuses: list[str] = []

    def verdicts() -> None:
        statuses.clear()
        statuses.extend(_verdicts(stage, asked))

    figure, least = best(verdicts) / count, best(lambda: floor(list(stage.bodies.values()))) / count
    assert statuses == ["unchanged"] * count, set(statuses)
    stage.close()
    return [
        Figure(
            name="unchanged record, bytes to verdict",
            figure=figure * 1e6,
            unit="µs/study",
            floor=least * 1e6,
            floor_is="split the page (msgspec.Raw) and SHA-256 of the kept bytes",
            bar=Bar(2.2),
        )
    ]


def _verdicts(stage: Stage, asked: Sequence[Asked]) -> Iterator[str]:
    source = stage.sources["ctgov"]
    followed = {known.key: known for known in stage.store.followed("ctgov")}
    run = RunContext(source=source, data=stage.held.version, followed=followed)
    answers = iter(source.retrieve(asked, stage.fetcher, stage.held.version))
    while some := list(islice(answers, _BATCH)):
        yield from _judged(stage, run, some)


def _judged(stage: Stage, run: RunContext, answers: Sequence[Answer]) -> Iterator[str]:
    looks = [batch.look(run, answer) for answer in answers]
    ids = batch.wanted(run, looks, stage.now).documents
    documents: dict[str, Document] = {found.trial: found for found in stage.store.documents(ids)} if ids else {}
    for result in batch.decide(run, looks, BatchInputs(documents=documents), stage.now).results:
        yield result.staged.check.status


def floor(bodies: Sequence[bytes]) -> None:
    """The least that must be done: split the pages and hash what is kept of each study."""
    for start in range(0, len(bodies), 500):
        for study in _PAGES.decode(studies.page(bodies[start : start + 500])).studies:
            kept = hashlib.sha256()
            for name, section in _SECTIONS.decode(study).items():
                if name != "derivedSection":
                    kept.update(section)
            kept.hexdigest()
