"""Real changes between record versions: both sides as far as the registry's history shows them, read and compared.

Only what changed is known of the two versions, so the records are partial: names that a list entry needs and that did not
change are stand-ins.
"""

from __future__ import annotations

import copy
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.paths import QUIET, kinds_of
from tests.builders import detected_in, make_step
from tests.sources.test_ctgov_parse import document
from tracker.events import KINDS, Detected
from tracker.render import kinds
from tracker.sources.ctgov import SOURCE

pytestmark = pytest.mark.real_data

Version = dict[str, Any]

NAMES = {
    "primaryOutcomes": "measure",
    "secondaryOutcomes": "measure",
    "otherOutcomes": "measure",
    "armGroups": "label",
    "interventions": "name",
    "locations": "facility",
    "secondaryIdInfos": "id",
    "collaborators": "name",
    "seeAlsoLinks": "url",
    "references": "citation",
    "overallOfficials": "name",
    "centralContacts": "name",
    "largeDocs": "filename",
}
"""Lists and what their entries go by."""

TOLD_TOGETHER = {
    # the kind a path belongs to -> kinds that may tell it instead, for what happened in the same update
    "arms_changed": {"interventions_changed"},
    "interventions_changed": {"arms_changed"},
    "sites_changed": {"recruitment_status_changed", "contacts_changed"},
    "contacts_changed": {"sites_changed"},  # of a site that comes or goes, who is there is no news of its own
    "why_stopped_changed": {"recruitment_status_changed"},
    "results_submission_changed": {"results_posted"},
    "results_amended": {"results_posted"},
    "secondary_outcomes_changed": {"primary_outcomes_changed"},
    "other_outcomes_changed": {"primary_outcomes_changed", "secondary_outcomes_changed"},
}


def _changes(real_data: Path) -> Iterator[Version]:
    with gzip.open(real_data / "ctgov" / "history" / "version-changes-old-new.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _studies(change: Version) -> tuple[Any, Any]:
    """The study before and after, built from nothing but the values of the operations. Lists are dicts by index here."""
    before: Any = {"protocolSection": {"statusModule": copy.deepcopy(change["fromStatusModule"])}}
    after = copy.deepcopy(before)
    entries = 0
    for operation in change["operations"]:
        *parents, last = operation["path"].strip("/").split("/")
        whole = _is_place(last)
        for study, key, side in ((before, "old_value", "remove"), (after, "new_value", "add")):
            if _pushes(operation, side):
                continue
            value = operation[key]
            place = study
            for step in parents:
                place = place.setdefault(step, {})
            if isinstance(value, dict) and value.get("__missing__"):
                place.pop(last, None)
            else:
                entries += whole
                place[f"whole{entries}" if whole and operation["op"] != "replace" else last] = copy.deepcopy(value)
    for study in (before, after):
        _with_anchors(study, change)
    return _listed(before), _listed(after)


def _is_place(step: str) -> bool:
    return step.isdigit() or step == "-"


def _pushes(operation: dict[str, Any], side: str) -> bool:
    """Whether a value of the operation is none of its own: what is added to a list only pushes the entry that stood there."""
    return _is_place(operation["path"].rsplit("/", 1)[-1]) and operation["op"] not in (side, "replace")


def _with_anchors(study: Any, change: Version) -> None:
    protocol = study["protocolSection"]
    protocol.setdefault("identificationModule", {}).setdefault("nctId", change["nctId"])
    protocol["identificationModule"].setdefault("briefTitle", "A study")
    sponsors = protocol.setdefault("sponsorCollaboratorsModule", {})
    sponsors.setdefault("leadSponsor", {}).setdefault("name", "A sponsor")
    protocol.setdefault("designModule", {}).setdefault("studyType", "INTERVENTIONAL")
    study.setdefault("hasResults", "resultsSection" in study)


def _listed(value: Any, name: str = "") -> Any:
    """Dicts by index as lists, their entries with a name to go by."""
    if isinstance(value, list):
        return [_listed(child) for child in value]
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() or key.startswith("whole") for key in value):
        found = []
        for key, child in value.items():
            entry = _listed(child)
            if name in NAMES and isinstance(entry, dict):
                entry.setdefault(NAMES[name], f"Stand-in {key}")
            found.append(entry)
        return found
    return {key: _listed(child, key) for key, child in value.items()}


def _detected(change: Version) -> Detected:
    at = datetime.fromisoformat(change["submittedDate"]).replace(tzinfo=UTC)
    key = f"ctgov:{change['nctId']}"
    old, new = (SOURCE.parse(document(json.dumps(study).encode(), key)).record for study in _studies(change))
    step = make_step(old, new, at=at)
    found = detected_in(step)
    told = [id(one) for event in found.events for one in event.changes]
    assert sorted(told) == sorted(map(id, step.changes))
    return found


def _noise(change: Version) -> set[str]:
    """Paths where the same values only changed places, or differ in white space or not at all (masked ones)."""
    sides: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for operation in change["operations"]:
        old, new = sides[re.sub(r"/(\d+|-)(?=/|$)", "/*", operation["path"])]
        for values, key, side in ((old, "old_value", "remove"), (new, "new_value", "add")):
            if _pushes(operation, side):
                continue
            text = json.dumps(operation[key], sort_keys=True)
            if "__missing__" not in text:
                values.append(" ".join(text.replace("\\u00a0", " ").replace("\\n", " ").split()))
    return {path for path, (old, new) in sides.items() if sorted(old) == sorted(new)}


def test_every_version_change_gives_the_kinds_a_person_expects(real_data: Path) -> None:
    """No crash, nothing for quiet changes, no kind that no path gives rise to, and no path that no kind tells."""
    quiet = count = 0
    for change in _changes(real_data):
        count += 1
        name = f"{change['nctId']} version {change['fromVersion']} to {change['toVersion']}"
        found = _detected(change)
        came = {event.kind for event in found.events}
        possible: set[str] = set()
        noise = _noise(change)
        for operation in change["operations"]:
            wanted = kinds_of(operation["path"]) - {QUIET}
            allowed = wanted | set().union(*(TOLD_TOGETHER.get(kind, set()) for kind in wanted))
            possible |= allowed
            if wanted and re.sub(r"/(\d+|-)(?=/|$)", "/*", operation["path"]) not in noise:
                assert came & allowed, f"{name}: nothing tells of {operation['path']}"
        assert came <= possible, f"{name}: {came - possible} out of nothing"
        quiet += not came
    assert (count, quiet) == (94, 0)


def test_every_version_change_reads_in_one_line(real_data: Path) -> None:
    for change in _changes(real_data):
        events = _detected(change).events
        for event in events:
            assert set(event.effects) <= set(KINDS[event.kind].effects)
            assert 0 < len(kinds.headline(event)) <= 160
            assert all(line and "\n" not in line for line in kinds.lines(event))
        assert not events or kinds.story_headline(events)
