"""Which kind tells of which path of a study's JSON: found by changing each leaf of the fixtures and looking at the events.

``docs/paths.md`` is this table. Write it anew with ``python -m tests.acceptance.paths``, and read the difference.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tests.builders import detected
from tests.sources.test_ctgov_parse import Study, document, leaves, load
from tracker.model.dates import RegistryDate
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.fields import IGNORED

DOC = Path(__file__).parents[2] / "docs" / "paths.md"
FIXTURES = ("ordinary", "ended_early", "with_results", "expanded_access", "odd")
MALFORMED = re.compile(r"futureSection|.*(\.beds|\.visits|\.conditions|\.geoPoint|secondaryOutcomes\.measure|\.reviewUnit)\Z")
"""Paths that only the odd fixture has, on purpose: the registry has no such fields."""
QUIET = "quiet"
IDENTITY = "identity"
ANYTHING_ELSE = "other_fields_changed"

HEAD = """# Which kind tells of which path

Every path of a ClinicalTrials.gov study, and the kind of change that tells when it differs. The table is made from the
program itself (`python -m tests.acceptance.paths`), and a test keeps it true.

*quiet*: stored and shown, and no event. *ignored*: not part of the record, for the reason given. *identity*: the number by
which the record is asked for. Where two kinds are named, the situation decides: a site's status that only appears or
vanishes with the trial's own is told with that, what results bring with them when they are posted is told by
`results_posted`. Any path not named here is told by `other_fields_changed`, and the operator hears once of a new field.
"""

# Leaves that the fixtures do not have; below protocolSection unless they begin with "/".
MORE: tuple[tuple[str, Any], ...] = (
    (
        "contactsLocationsModule.locations.0.contacts",
        [{"name": "Office", "role": "CONTACT", "phone": "1", "email": "a@b.test"}],
    ),
    ("contactsLocationsModule.locations.0.contacts.0.phoneExt", "2"),
    ("outcomesModule.otherOutcomes", [{"measure": "Sleep quality", "timeFrame": "12 weeks", "description": "By a diary"}]),
    ("outcomesModule.secondaryOutcomes.0.description", "By a scale"),
)


def pattern(path: tuple[str | int, ...]) -> str:
    """A path as the table has it: steps by dots, ``[]`` for any place of a list."""
    steps = "".join("[]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    if match := re.match(r"resultsSection\.\w+", steps):
        return match[0]
    return next((ignored for ignored in IGNORED if steps == ignored or steps.startswith((f"{ignored}.", f"{ignored}["))), steps)


def _studies() -> Iterator[Study]:
    for name in FIXTURES:
        study = load(name)
        if name == "ordinary":
            for path, value in MORE:
                *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
                place: Any = study["protocolSection"]
                for parent in parents:
                    place = place[parent]
                place[last] = value
        yield study


def _told(before: Study, path: tuple[str | int, ...]) -> set[str]:
    """The kinds that tell when the leaf at a path is another."""
    study: Any = _copied(before)
    place = study
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = _another(place[path[-1]])
    old, new = (SOURCE.parse(document(each, "ctgov:" + _number(before))).record for each in (before, study))
    if old == new:
        return set()
    # What is quiet only because the record has no new version is named by the kind that tells it with one.
    found = detected(old, msgspec.structs.replace(new, last_update_posted=RegistryDate(date="2030-01-01", type="ACTUAL")))
    return {event.kind for event in found.events} or {QUIET}


def _another(old: Any) -> Any:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return old + 7
    if re.fullmatch(r"\d{4}(-\d\d)*", old):
        return f"{int(old[:4]) + 1}{old[4:]}"
    return f"{old} otherwise"


def _number(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(child) for key, child in value.items()}
    return [_copied(child) for child in value] if isinstance(value, list) else value


@cache
def table() -> Mapping[str, frozenset[str]]:
    """Path pattern -> the kinds that tell of it; ``quiet``, ``identity`` or ``ignored: why`` for the rest."""
    found: dict[str, set[str]] = defaultdict(set)
    for number, study in enumerate(_studies()):
        known, odd = set(found), number == len(FIXTURES) - 1  # the odd one only adds what the others do not have
        for path in leaves(study):
            name = pattern(path)
            if MALFORMED.match(name) or (name in known and odd):
                continue
            if name in IGNORED:
                found[name] = {f"ignored: {IGNORED[name]}"}
            elif name == "protocolSection.identificationModule.nctId":
                found[name] = {IDENTITY}
            elif not name.startswith("resultsSection") or name not in found:
                found[name] |= _told(study, path)
    for name, reason in IGNORED.items():
        found[name] = {f"ignored: {reason}"}
    return {name: frozenset(kinds) for name, kinds in sorted(found.items())}


def kinds_of(path: str) -> frozenset[str]:
    """What may tell of a path of the registry's own history (``/a/0/b``): of a branch, all that tell of its leaves."""
    name = pattern(tuple(int(step) if step.isdigit() else step for step in path.strip("/").replace("/-", "/0").split("/")))
    rows = table()
    below = [kinds for row, kinds in rows.items() if row == name or row.startswith((f"{name}.", f"{name}["))]
    if not below:
        below = [kinds for row, kinds in rows.items() if name.startswith((f"{row}.", f"{row}["))]
    told = frozenset().union(*below) if below else frozenset({ANYTHING_ELSE})
    return frozenset(QUIET if kind.startswith("ignored") else kind for kind in told)


def page() -> str:
    """The documentation page."""
    parts = [HEAD]
    heading = ""
    for name, kinds in table().items():
        module = ".".join(name.replace("[]", "").split(".")[:2])
        if module != heading:
            heading = module
            parts.append(f"\n## {module}\n\n| Path | Told by |\n| --- | --- |\n")
        told = ", ".join(
            f"`{kind}`" if kind.endswith(("_changed", "_posted", "_amended", "_certified")) else kind for kind in sorted(kinds)
        )
        parts.append(f"| `{name.removeprefix(f'{module}.')}` | {told or 'nothing: said again elsewhere'} |\n")
    return "".join(parts)


if __name__ == "__main__":
    DOC.write_text(page(), encoding="utf-8")
