"""Duties over the registrations of a trial, as every surface reads them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from tests.archive.builders import keep_trials
from tests.store.builders import Pass, check, snapshot, watch
from tests.world import Study, study
from tracker import sources
from tracker.archive import Archive
from tracker.model.links import LinkRule
from tracker.render import duties
from tracker.store import Store
from tracker.sync.present import note_present

NCT, EU = "NCT10000001", "2023-590001-11"
TODAY = dt.date(2026, 9, 1)


def american(**changes: object) -> Study:
    """An applicable clinical trial that names its number in the EU; results were due on 10 Feb 2026."""
    return study(
        NCT,
        identificationModule__secondaryIdInfos=[{"id": f"{EU}-00", "type": "CTIS"}],
        statusModule__overallStatus="COMPLETED",
        statusModule__startDateStruct={"date": "2023-05-01", "type": "ACTUAL"},
        statusModule__primaryCompletionDateStruct={"date": "2025-02-10", "type": "ACTUAL"},
        statusModule__completionDateStruct={"date": "2025-03-01", "type": "ACTUAL"},
        oversightModule={"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
        designModule__phases=["PHASE3"],
        contactsLocationsModule__locations=[{"facility": "A", "city": "Boston", "country": "United States"}],
        **changes,
    )


def european(*, posted: bool) -> dict[str, Any]:
    """The same in EU CTIS, ended in all its countries."""
    body: dict[str, Any] = json.loads((Path(__file__).parents[1] / "fixtures" / "ctis" / "ordinary.json").read_bytes())
    body["ctPublicStatusCode"], body["endDateEU"] = 8, "2025-03-01"
    body["results"]["summaryResults"] = [{"title": "Summary of results"}] if posted else []
    for state in body["authorizedApplication"]["memberStatesConcerned"]:
        state["mscPublicStatusCode"] = 8
    return body


def kept(store: Store, *, posted: bool = False, refuse: bool = False) -> Archive:
    """Both records, each followed, and the user's word that they are one trial, or that they are not."""
    known, trial = sources.load(), f"ctis:{EU}"
    followed = watch("all", f"ctgov:{NCT}", trial)
    keep_trials(store, {NCT: american()}, (followed,))
    run = Pass(store, 0, source="ctis")
    body = json.dumps(european(posted=posted)).encode()
    run.stage(checks=(check(trial, "baseline", run.now),), snapshots=(snapshot(trial, body, run.now),))
    run.accept()
    for source in ("ctgov", "ctis"):
        note_present(store, known, source, lambda: False)
    rules = (LinkRule(trials=(f"ctgov:{NCT}", trial), refuse=refuse),)
    return Archive(store=store, sources=known, watches=(followed,), links=rules)


def lines(archive: Archive, trial: str) -> list[str]:
    owed = archive.duties(archive.trial(trial).record, TODAY)
    return list(duties.lines(owed.rows, owed.where))


def test_each_registration_owes_results_on_its_own(store: Store) -> None:
    archive = kept(store)
    found = lines(archive, f"ctgov:{NCT}")
    assert found == [
        "ClinicalTrials.gov NCT10000001: results overdue since 10 Feb 2026 (FDAAA 801, estimate)",
        "EU CTIS 2023-590001-11: results overdue since 1 Mar 2026 (EU CTR Art. 37, estimate)",
    ]
    assert sorted(lines(archive, f"ctis:{EU}")) == sorted(found)


def test_results_in_one_register_are_said_to_be_missing_in_the_other(store: Store) -> None:
    assert lines(kept(store, posted=True), f"ctgov:{NCT}") == [
        "Results are on EU CTIS, missing on ClinicalTrials.gov",
        "ClinicalTrials.gov NCT10000001: results overdue since 10 Feb 2026 (FDAAA 801, estimate)",
        "EU CTIS 2023-590001-11: results posted (EU CTR Art. 37, estimate)",
    ]


def test_a_registration_that_is_no_part_of_the_trial_plays_no_part(store: Store) -> None:
    archive = kept(store, posted=True, refuse=True)
    assert lines(archive, f"ctgov:{NCT}") == [
        "ClinicalTrials.gov NCT10000001: results overdue since 10 Feb 2026 (FDAAA 801, estimate)"
    ]
