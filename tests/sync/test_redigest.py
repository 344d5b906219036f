"""A new version of this program may take the content digest by another rule: that is no change of any trial."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.world import World, study
from tracker.model.source import Document, SourceInfo
from tracker.sources.ctgov import SOURCE

A = "NCT00000101"


class NewRule(type(SOURCE)):  # type: ignore[misc]
    """ClinicalTrials.gov, read as before, with a digest of another rule."""

    info: SourceInfo = msgspec.structs.replace(SOURCE.info, digest_version=SOURCE.info.digest_version + 1)

    def digest(self, document: Document) -> str:
        return SOURCE.digest(document)[::-1]


def test_another_rule_for_the_digest_stores_no_version_and_tells_nothing(tmp_path: Path, database: str) -> None:
    with World(tmp_path, database) as world:
        world.studies = {A: study(A)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
        world.day()
        world.sources = {**world.sources, "ctgov": NewRule()}
        report = world.day()
        assert (report.counts.unchanged, report.counts.changed) == (1, 0)
        assert world.store.size().snapshots == 1
        world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
        assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
