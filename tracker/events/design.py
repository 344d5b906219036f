"""How the trial is built: arms, interventions, design, phases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.events.windows import has_started
from tracker.model.details import ArmLinks, ArmsDetails, DesignDetails, Edit, InterventionsDetails, PhasesDetails, read
from tracker.model.event import Change
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import DESIGN_FIELDS
from tracker.text.normalize import normalized, same_words
from tracker.text.pairing import best_pairs
from tracker.text.similarity import similarity

_Entry = dict[str, Any]
_DRUG_WEIGHT = 69
_ARM_WEIGHT = 67
"""How drugs and arms that came or went weigh: more than eligibility and dates, with the enrollment between them."""
_NAMED_TYPE = re.compile(r"^[A-Z][A-Za-z ]*: ")
"""How an arm names the type of an intervention: ``Biological: Examplumab``."""
_MAJOR_FIELDS = frozenset({"allocation", "masking"})


def _assignments_of_interventions(comparison: Comparison) -> Iterator[Change]:
    """Which arms an intervention goes to is reported with the arms."""
    for change in comparison.changes_of("interventions"):
        if len(change.path) > 3 and change.path[2] == "arms":
            yield change


def _echoes_of_interventions(comparison: Comparison) -> Iterator[Change]:
    """An arm's list of interventions only repeats that an intervention came, went or was renamed."""
    whole = [change for change in comparison.changes_of("interventions") if len(change.path) == 2]
    names = [str((change.new or change.old).get("name", "")) for change in whole]
    for change in comparison.changes_of("arms"):
        if len(change.path) > 3 and change.path[2] == "interventions":
            text = str(change.new or change.old)
            if any(text == name or text.endswith(": " + name) for name in names):
                yield change


@change_kind(
    "arms_changed",
    owns=("arms",),
    claims=_assignments_of_interventions,
    effects=("added", "removed", "renamed", "type", "description", "assignment", "unlinked"),
    description="Arms or cohorts were added, removed, renamed or described otherwise, or get other interventions.",
    weight=56,
)
def _arms(context: Context) -> Finding | None:
    entries = _entries(context, "arms", "label")
    # An intervention's list of arms repeats that an arm came, went or has another name.
    arms = [change.new or change.old for change in context.changes_under("arms") if len(change.path) == 2]
    labels = {normalized(str(arm.get("label", ""))) for arm in arms}
    assigned = sum(len(change.path) > 3 and normalized(change.path[-1]) not in labels for change in context.changes)
    details = ArmsDetails(
        added=entries.added,
        removed=entries.removed,
        renamed=entries.renamed,
        type=entries.type,
        description=entries.description,
        assignment=assigned,
        unlinked=lost_links(context.comparison),
    )
    effects = tuple(name for name in (*_Entries._fields, "assignment", "unlinked") if getattr(details, name))
    return Finding(
        severity="notable",
        rule="arms of the trial changed",
        effects=effects or ("assignment",),
        details=details,
        weight=_ARM_WEIGHT if _came_or_went(effects) else None,
        leads=_came_or_went(effects),
    )


@change_kind(
    "interventions_changed",
    owns=("interventions",),
    claims=_echoes_of_interventions,
    effects=("added", "removed", "renamed", "type", "description", "other_names"),
    description="Interventions were added, removed, renamed or described otherwise.",
    weight=54,
)
def _interventions(context: Context) -> Finding | None:
    entries = _entries(context, "interventions", "name")
    other_names = [
        _bare_name(change.path[1]) for change in context.changes if len(change.path) > 2 and change.path[2] == "other_names"
    ]
    details = InterventionsDetails(
        added=entries.added,
        removed=entries.removed,
        renamed=entries.renamed,
        type=entries.type,
        description=entries.description,
        other_names=tuple(dict.fromkeys(other_names)),
    )
    effects = tuple(name for name in (*_Entries._fields, "other_names") if getattr(details, name))
    quiet = set(effects) <= {"other_names", "description"}
    return Finding(
        severity="minor" if quiet else "notable",
        rule="only descriptions or other names of interventions changed" if quiet else "interventions of the trial changed",
        effects=effects,
        details=details,
        weight=_DRUG_WEIGHT if _came_or_went(effects) else None,
        leads=_came_or_went(effects),
    )


def _came_or_went(effects: Sequence[str]) -> bool:
    """Whether an arm or a drug was added or dropped, which is the news of any update that it is part of."""
    return "added" in effects or "removed" in effects


def lost_links(comparison: Comparison) -> tuple[ArmLinks, ...]:
    """Arms that still stand there, perhaps under another name, and the interventions that they are no longer linked to."""
    arms = _current_names(comparison, "arms", "label")
    drugs = _current_names(comparison, "interventions", "name")
    before = {(arms.get(arm), drugs.get(drug)): (arm, drug) for arm, drug in _links(comparison.old)}
    after = _links(comparison.new)
    lost: dict[str, list[str]] = {}
    for arm, drug in before:
        if arm and drug and (normalized(arm), normalized(drug)) not in after:
            lost.setdefault(arm, []).append(drug)
    return tuple(ArmLinks(arm=arm, interventions=tuple(sorted(names))) for arm, names in sorted(lost.items()))


def _links(record: TrialRecord) -> set[tuple[str, str]]:
    """Which arm gets what, by normalized names, as the arms and the interventions say it."""
    links = {
        (normalized(arm.label), normalized(_NAMED_TYPE.sub("", name)))
        for arm in record.arms or ()
        for name in arm.interventions or ()
    }
    links |= {(normalized(label), normalized(drug.name)) for drug in record.interventions or () for label in drug.arms or ()}
    return links


def _current_names(comparison: Comparison, field: Literal["arms", "interventions"], name: str) -> dict[str, str]:
    """The names that entries of the old record have now, by their normalized old names; those that went have none."""
    old, new = (tuple(getattr(record, field) or ()) for record in (comparison.old, comparison.new))
    still = {normalized(text): text for entry in new if (text := str(getattr(entry, name)))}
    names = {key: still[key] for entry in old if (key := normalized(str(getattr(entry, name)))) in still}
    pairs, _, _ = _paired([change for change in comparison.changes_of(field) if len(change.path) == 2], name)
    return names | {normalized(_name(before, name)): _name(after, name) for before, after in pairs}


class _Entries(NamedTuple):
    """What happened to the entries of a list, by their names."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[Edit[str], ...]
    type: tuple[str, ...]
    description: tuple[str, ...]


def _entries(context: Context, field: str, name: str) -> _Entries:
    """Entries that came, went, or were renamed (a like name and type in place of another)."""
    whole = [change for change in context.changes_under(field) if len(change.path) == 2]
    pairs, removed, added = _paired(whole, name)
    taken = {id(entry) for pair in pairs for entry in pair}
    parts = {part: _touched(context, field, part) for part in ("type", "description")}
    for old, new in pairs:
        for part in parts:
            if old.get(part) != new.get(part):
                parts[part].append(_name(new, name))
    return _Entries(
        added=tuple(_name(entry, name) for entry in added if id(entry) not in taken),
        removed=tuple(_name(entry, name) for entry in removed if id(entry) not in taken),
        renamed=tuple(Edit(old=_name(old, name), new=_name(new, name)) for old, new in pairs),
        type=tuple(parts["type"]),
        description=tuple(parts["description"]),
    )


def _paired(whole: Sequence[Change], name: str) -> tuple[list[tuple[_Entry, _Entry]], list[_Entry], list[_Entry]]:
    """Entries that have another name now, and all that went and came, those among them."""
    removed: list[_Entry] = [change.old for change in whole if change.new is None]
    added: list[_Entry] = [change.new for change in whole if change.old is None]
    pairs = best_pairs(
        removed,
        added,
        lambda old, new: _entry_similarity(old, new, name),
        text=lambda entry: f"{_name(entry, name)} {entry.get('description') or ''}",
    )
    return pairs, removed, added


def _touched(context: Context, field: str, part: str) -> list[str]:
    return [
        _bare_name(change.path[1])
        for change in context.changes_under(field)
        if len(change.path) == 3 and change.path[2] == part
    ]


def _bare_name(key: str) -> str:
    """An entry's name from its key in a path: of an intervention ("DRUG | Examplumab") without its type."""
    kind, mark, name = key.partition(" | ")
    return name if mark and kind.replace("_", "").isupper() else key


def _entry_similarity(old: dict[str, Any], new: dict[str, Any], name: str) -> float:
    """Like names, or one and the same description under another name."""
    before, after = _name(old, name), _name(new, name)
    if same_words(before, after):
        return 1.0
    if old.get("type") == new.get("type") and old.get("description") and old.get("description") == new.get("description"):
        return 0.9
    if _numbers(before) != _numbers(after):
        return 0.0  # "Arm 2" is not another name of "Arm 1"
    return similarity(before, after)


def _name(entry: dict[str, Any], name: str) -> str:
    """An entry's name; a registry may leave it empty."""
    return str(entry.get(name, ""))


def _numbers(text: str) -> list[str]:
    return [word for word in text.replace("-", " ").split() if word.isdigit() or len(word) == 1]


@change_kind(
    "design_changed",
    owns=(
        "study_type",
        "allocation",
        "intervention_model",
        "intervention_model_description",
        "primary_purpose",
        "masking",
        "masking_description",
        "who_masked",
        "observational_model",
        "time_perspective",
    ),
    effects=DESIGN_FIELDS,
    description="The design changed: study type, allocation, model, purpose, masking or time perspective.",
    weight=60,
)
def _design(context: Context) -> Finding | None:
    fields = {change.path[0] for change in context.changes}
    families = {
        "intervention_model_description": "intervention_model",
        "masking_description": "masking",
        "who_masked": "masking",
    }
    effects = tuple(dict.fromkeys(families.get(change.path[0], change.path[0]) for change in context.changes))
    edits = {change.path[0]: {"from": change.old, "to": change.new} for change in context.changes if len(change.path) == 1}
    details = read(DesignDetails, edits)
    if fields & _MAJOR_FIELDS and has_started(context.old, context.comparison.on):
        return Finding(severity="major", rule="allocation or masking changed after the start", effects=effects, details=details)
    if fields <= {"intervention_model_description", "masking_description"}:
        return Finding(severity="minor", rule="only a description of the design changed", effects=effects, details=details)
    return Finding(severity="notable", rule="the design changed", effects=effects, details=details)


@change_kind("phases_changed", owns=("phases",), description="The phase of the trial changed.", weight=62)
def _phases(context: Context) -> Finding | None:
    started = has_started(context.old, context.comparison.on)
    return Finding(
        severity="major" if started else "notable",
        rule="the phase changed after the start" if started else "the phase changed before the start",
        details=PhasesDetails(old=context.old.phases or (), new=context.new.phases or ()),
    )
