"""Who can join: ages, sex, healthy volunteers, criteria."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracker.model.details import CriteriaEdit, Edit, EligibilityDetails
from tracker.model.event import Event
from tracker.render.inline_diff import difference
from tracker.render.kinds.kind_words import first_effect, kind_words
from tracker.render.phrases import quote
from tracker.render.safe_text import plural
from tracker.render.values import LONG, NOT_STATED, before_and_after
from tracker.render.vocabulary import field_title, field_word
from tracker.text.normalize import fold

_SEX = {"ALL": "all sexes", "FEMALE": "women only", "MALE": "men only"}
_HEADING = {"inclusion": "Inclusion", "exclusion": "Exclusion", "other": "Criteria"}
_TEXTS = frozenset({"study_population", "gender_description"})


def _headline(event: Event, details: EligibilityDetails) -> str:
    parts = [*_who(details)]
    criteria = details.criteria or {}
    counts = [part for heading, edit in criteria.items() for part in _criteria(heading, edit)]
    if counts and not details.spelling_only:
        parts += counts
    elif criteria:
        parts.append(_same_criteria(criteria.values()))
    said = ", ".join(dict.fromkeys(parts)) or field_word(first_effect(event) or "changed")
    return f"Eligibility: {said}"


def _same_criteria(edits: Iterable[CriteriaEdit]) -> str:
    """What is left to say of criteria that nobody gained or lost."""
    edits = tuple(edits)
    if any(edit.headings for edit in edits) and not any(edit.regrouped or edit.respelt for edit in edits):
        return "only headings of the criteria changed"
    if any(fold(pair.old) != fold(pair.new) for edit in edits for pair in edit.respelt):
        return "only the spelling of criteria changed"
    return "criteria laid out differently, same words"


def _who(details: EligibilityDetails) -> Iterator[str]:
    """What changed beside the criteria."""
    if details.gender_based:
        yield "gender-based eligibility changed"
    if details.gender_description:
        yield "gender description changed"
    if details.healthy_volunteers:
        yield "healthy volunteers accepted" if details.healthy_volunteers.new else "healthy volunteers no longer accepted"
    if details.maximum_age:
        yield _age("maximum age", details.maximum_age)
    if details.minimum_age:
        yield _age("minimum age", details.minimum_age)
    if details.sampling_method:
        yield "sampling method changed"
    if details.sex:
        yield f"open to {_sex(details.sex.new)} (was {_sex(details.sex.old)})"
    if details.study_population:
        yield "study population changed"


def _age(name: str, edit: Edit[str | None]) -> str:
    old, new = quote(edit.old, 30), quote(edit.new, 30)
    if not new:
        return f"{name} removed (was {old})"
    return f"{name} now {new} (was {old})" if old else f"{name} now {new}"


def _sex(word: str | None) -> str:
    return _SEX.get(word or "", quote(word, 30)) or NOT_STATED


def _criteria(heading: str, edit: CriteriaEdit) -> Iterator[str]:
    """How many lines under a heading came, went, were reworded or moved there from the other one."""
    if edit.moved:
        moved = plural(len(edit.moved), "criterion", "criteria")
        yield f"{moved} moved from {edit.moved[0].old_heading} to {heading}"
    named = "" if heading == "other" else f"{heading} "
    for lines, effect in ((edit.added, "added"), (edit.removed, "removed"), (edit.reworded, "reworded")):
        if lines:
            yield f"{plural(len(lines), f'{named}criterion', f'{named}criteria')} {effect}"


def _lines(event: Event, details: EligibilityDetails) -> Iterator[str]:
    for heading, edit in (details.criteria or {}).items():
        name = _HEADING.get(heading, heading)
        for line in edit.moved:
            yield f"Moved from {line.old_heading} to {heading}: “{quote(line.text, LONG)}”"
        yield from (f"{name}, added: “{quote(text, LONG)}”" for text in edit.added)
        yield from (f"{name}, removed: “{quote(text, LONG)}”" for text in edit.removed)
        yield from (f"{name}, reworded: {difference(pair.old, pair.new)}" for pair in edit.reworded)
    for change in event.changes:
        if len(change.path) == 2 and change.path[1] in _TEXTS:
            yield f"{field_title(change.path[1])}: {before_and_after(change)}"


kind_words(
    "eligibility_changed",
    EligibilityDetails,
    title="Eligibility",
    headline=_headline,
    short=lambda _event, _details: "eligibility changed",
    lines=_lines,
    compared=("minimum_age", "maximum_age", "sex", "healthy_volunteers"),
    own_spelling=True,
    from_details=True,
)
