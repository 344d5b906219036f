"""How the trial is built: arms, interventions, design, phases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tracker.model.details import ArmsDetails, DesignDetails, Edit, InterventionsDetails, PhasesDetails
from tracker.model.event import Event
from tracker.model.vocabulary import DESIGN_FIELDS
from tracker.render.inline_diff import difference
from tracker.render.kinds.kind_words import fields_changed, kind_words, silent
from tracker.render.phrases import quote, quoted
from tracker.render.values import LONG, answer, before_and_after
from tracker.render.vocabulary import enumerated, field_word

_SHORT_NAMES = 80
_TYPE_BEFORE = re.compile(r"^[A-Z_]+ \| ")


def _arms_headline(_event: Event, details: ArmsDetails) -> str:
    parts = [*_unlinked(details), *_entries(details), *(["who gets what changed"] if details.assignment else [])]
    return f"Arms: {'; '.join(parts) or 'who gets what changed'}"


def _unlinked(details: ArmsDetails) -> Iterator[str]:
    """Arms whose interventions the record no longer says."""
    if len(details.unlinked) == 1:
        (lost,) = details.unlinked
        yield f"“{quote(lost.arm, _SHORT_NAMES)}” no longer linked to {quoted(lost.interventions)}"
    elif details.unlinked:
        yield f"{len(details.unlinked)} no longer linked to interventions that they had"


def _arms_lines(event: Event, details: ArmsDetails) -> Iterator[str]:
    for lost in details.unlinked:
        yield f"{quote(lost.arm, LONG)}: no longer linked to {quoted(lost.interventions, len(lost.interventions))}"
    yield from _entry_lines(event, details)


def _interventions_headline(_event: Event, details: InterventionsDetails) -> str:
    parts = [*_entries(details)]
    if details.other_names:
        parts.append(f"other names changed: {quoted(details.other_names)}")
    return f"Interventions: {'; '.join(parts)}" if parts else "Interventions changed"


def _entries(details: ArmsDetails | InterventionsDetails) -> Iterator[str]:
    """What came, went, was renamed or described differently."""
    if details.added:
        yield f"added: {quoted(details.added)}"
    if details.removed:
        yield f"removed: {quoted(details.removed)}"
    if details.renamed:
        yield _renamed(details.renamed)
    if details.type:
        yield f"type changed: {quoted(details.type)}"
    if details.description:
        yield f"described differently: {quoted(details.description)}"


def _short(name: str, details: ArmsDetails | InterventionsDetails) -> str:
    """What was dropped and added: one by name, more by their number."""
    parts = []
    for names, effect in ((details.removed, "dropped"), (details.added, "added")):
        if len(names) == 1:
            parts.append(f"{quoted(names)} {effect}")
        elif names:
            parts.append(f"{len(names)} {name} {effect}")
    return ", ".join(parts) or f"{name} changed"


def _renamed(names: Sequence[Edit[str]]) -> str:
    """Both names of one short renaming; of more or longer ones only how many."""
    first = names[0]
    if len(names) == 1 and len(first.old) + len(first.new) <= _SHORT_NAMES:
        return f"renamed: “{quote(first.old)}” → “{quote(first.new)}”"
    return f"{len(names)} renamed"


def _entry_lines(event: Event, details: ArmsDetails | InterventionsDetails) -> Iterator[str]:
    """Whole entries by name, texts by their difference."""
    yield from (f"Added: {quote(name, LONG)}" for name in details.added)
    yield from (f"Removed: {quote(name, LONG)}" for name in details.removed)
    yield from (f"Renamed: {difference(names.old, names.new)}" for names in details.renamed)
    for change in event.changes:
        if len(change.path) == 3 and isinstance(change.old or change.new, str):
            name = quote(_TYPE_BEFORE.sub("", change.path[1]), 60)
            yield f"{name}, {field_word(change.path[2])}: {before_and_after(change)}"


def _design_headline(event: Event, details: DesignDetails) -> str:
    edits = {
        "study_type": details.study_type,
        "allocation": details.allocation,
        "intervention_model": details.intervention_model,
        "intervention_model_description": details.intervention_model_description,
        "primary_purpose": details.primary_purpose,
        "masking": details.masking,
        "masking_description": details.masking_description,
        "observational_model": details.observational_model,
        "time_perspective": details.time_perspective,
    }
    parts = [_design_part(field, edit) for field, edit in edits.items() if edit]
    return "; ".join(parts) or fields_changed(event)


def _design_part(field: str, edit: Edit[str | None]) -> str:
    name = field_word(field)
    return f"{name} changed" if field.endswith("_description") else f"{name} now {answer(edit.new)} (was {answer(edit.old)})"


def _phase_headline(_event: Event, details: PhasesDetails) -> str:
    return f"Phase now {_phases(details.new)} (was {_phases(details.old)})"


def _phases(phases: Sequence[str]) -> str:
    """``1/2``, ``early 1``, ``not applicable``."""
    return "/".join(quote(enumerated(phase).replace("phase ", ""), 30) for phase in phases) or "not given"


kind_words(
    "arms_changed",
    ArmsDetails,
    title="Arms",
    headline=_arms_headline,
    short=lambda _event, details: _short("arms", details),
    lines=_arms_lines,
    from_details=True,
)


def _interventions_tally(_event: Event, details: InterventionsDetails) -> str:
    return "intervention dropped" if details.removed else "interventions changed"


kind_words(
    "interventions_changed",
    InterventionsDetails,
    title="Interventions",
    tally=_interventions_tally,
    headline=_interventions_headline,
    short=lambda _event, details: _short("interventions", details),
    lines=_entry_lines,
    from_details=True,
)
kind_words(
    "design_changed",
    DesignDetails,
    title="Design",
    headline=_design_headline,
    short=lambda _event, _details: "design changed",
    compared=DESIGN_FIELDS,
)
kind_words("phases_changed", PhasesDetails, title="Phase", headline=_phase_headline, lines=silent, compared=("phases",))
