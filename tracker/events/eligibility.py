"""Who can join: ages, sex, healthy volunteers, and the criteria line by line."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.details import CriteriaEdit, EligibilityDetails, read
from tracker.model.record import Criteria
from tracker.text.normalize import normalized
from tracker.text.pairing import match_by_section
from tracker.text.similarity import similarity
from tracker.text.tokens import tokens, with_short_forms

_PARTS = {
    "minimum_age": "age",
    "maximum_age": "age",
    "std_ages": "age",
    "sex": "sex",
    "gender_based": "sex",
    "gender_description": "sex",
    "healthy_volunteers": "healthy_volunteers",
    "criteria": "criteria",
    "study_population": "population",
    "sampling_method": "population",
}
_EFFECTS = ("age", "sex", "healthy_volunteers", "criteria", "moved", "population")
_HEADINGS = ("inclusion", "exclusion", "other")
_LINE_PARTS = ("moved", "added", "removed", "reworded", "regrouped", "respelt", "headings")
_CRITERIA = frozenset({"criteria", "criterion"})
_OF_HEADINGS = _CRITERIA | frozenset(
    [
        "a",
        "additional",
        "and",
        "arm",
        "arms",
        "both",
        "characteristics",
        "cohort",
        "cohorts",
        "demographic",
        "demographics",
        "diagnostic",
        "disease",
        "dose",
        "eligibility",
        "escalation",
        "exclusion",
        "expansion",
        "for",
        "general",
        "group",
        "groups",
        "inclusion",
        "key",
        "main",
        "major",
        "of",
        "other",
        "parent",
        "part",
        "participant",
        "participants",
        "patient",
        "patients",
        "phase",
        "phases",
        "population",
        "requirements",
        "segment",
        "specific",
        "stage",
        "step",
        "study",
        "subject",
        "subjects",
        "substudies",
        "substudy",
        "the",
        "trial",
    ]
)
"""Words that headings are made of. One that says whether all or any of what follows holds is a criterion."""
_LABELS = frozenset(["ii", "iii", "iv", "vi", "vii", "viii", "1a", "1b", "2a", "2b", "3a", "3b"])
_LONGEST_HEADING = 12
_PLACED = frozenset({"moved", "regrouped"})


@change_kind(
    "eligibility_changed",
    owns=("eligibility",),
    effects=_EFFECTS,
    description="Who can join changed: age, sex, healthy volunteers, or lines of the criteria.",
    weight=58,
)
def _eligibility(context: Context) -> Finding | None:
    touched = {_PARTS.get(change.path[1], "criteria") for change in context.changes}
    details = _fields(context)
    rule = "who can join changed"
    if "criteria" in touched:
        criteria = _criteria(context)
        details = msgspec.structs.replace(details, criteria=criteria)
        if touched == {"criteria"} and (_only_regrouped(criteria) or _rearranged(context)):
            return Finding(
                severity="minor",
                rule="the criteria hold the same words, in other lines, under new headings, with other punctuation or with"
                " their short forms written out",
                effects=("criteria",),
                details=msgspec.structs.replace(details, spelling_only=True),
            )
        if any(edit.moved for edit in criteria.values()):
            touched.add("moved")
            rule = "a criterion moved between inclusion and exclusion"
    effects = tuple(effect for effect in _EFFECTS if effect in touched)
    return Finding(severity="notable", rule=rule, effects=effects, details=details)


def _fields(context: Context) -> EligibilityDetails:
    """The fields that changed as a whole, before and now."""
    edits = {
        change.path[1]: {"from": change.old, "to": change.new}
        for change in context.changes
        if len(change.path) == 2 and change.path[1] != "criteria"
    }
    return read(EligibilityDetails, edits)


class _Line(NamedTuple):
    """A line of the criteria that went or came: the heading it stands under, its text, and its words (`_words`)."""

    heading: str
    text: str
    words: str


def _criteria(context: Context) -> dict[str, CriteriaEdit]:
    """What happened to the lines, under the heading where each stands now (of a removed one: stood).

    ``moved`` went from inclusion to exclusion or back, in the same words; ``regrouped`` only got or lost a heading.
    """
    changes = context.changes_under("eligibility", "criteria")
    removed = [_Line(change.path[2], change.old, _words(change.old)) for change in changes if change.old is not None]
    added = [_Line(change.path[2], change.new, _words(change.new)) for change in changes if change.new is not None]
    touched = {line.heading for line in (*removed, *added)}
    found: dict[str, dict[str, list[Any]]] = {
        heading: {part: [] for part in _LINE_PARTS} for heading in _HEADINGS if heading in touched
    }
    pairs, gone, came = match_by_section(removed, added, section=_heading, same=_words_of, score=_similar, text=_text)
    for old, new in pairs:
        part = _part(old, new)
        edit = {"text": new.text, "from": old.heading} if part in _PLACED else {"from": old.text, "to": new.text}
        found[new.heading][part].append(edit)
    for lines, part in ((gone, "removed"), (came, "added")):
        for line in lines:
            found[line.heading]["headings" if is_heading(line.text) else part].append(line.text)
    return {heading: read(CriteriaEdit, parts) for heading, parts in found.items()}


def _part(old: _Line, new: _Line) -> str:
    """What happened to a line that is still there. A heading in other words is no criterion."""
    if is_heading(old.text) and is_heading(new.text):
        return "respelt"
    if old.words != new.words:
        return "reworded"
    if old.heading == new.heading:
        return "respelt"
    return "regrouped" if "other" in (old.heading, new.heading) else "moved"


def is_heading(text: str) -> bool:
    """Whether a line only heads others: "Key Inclusion Criteria:", "Cohort A:". Who may join stands below."""
    words = tokens(text)
    named = [word for word in words if word not in _LABELS and not word.isdigit() and len(word) > 1]
    if not words or len(words) > _LONGEST_HEADING or not all(word in _OF_HEADINGS for word in named):
        return False
    return text.rstrip().endswith(":") or bool(_CRITERIA.intersection(words))


def _words(text: str) -> str:
    """What a text says, however it is spelt and whether or not it writes a short form out: what is compared of it."""
    return normalized(with_short_forms(text))


def _heading(line: _Line) -> str:
    return line.heading


def _words_of(line: _Line) -> str:
    return line.words


def _text(line: _Line) -> str:
    return line.text


def _similar(old: _Line, new: _Line) -> float:
    """Two thirds of the shorter line's words are enough, since either way both are shown.

    Between inclusion and exclusion nothing similar is a move: "No asthma" to join and "Asthma" not to are alike.
    """
    if old.heading != new.heading and "other" not in (old.heading, new.heading):
        return 0.0
    return similarity(old.text, new.text, contained=2 / 3)


def _only_regrouped(criteria: dict[str, CriteriaEdit]) -> bool:
    """Whether each line still stands there in the same words, and none went from inclusion to exclusion or back."""
    return not any(edit.moved or edit.added or edit.removed or edit.reworded for edit in criteria.values())


def _rearranged(context: Context) -> bool:
    """Whether each heading still holds the same words in the same order, however they are cut into lines."""
    before = context.old.eligibility.criteria if context.old.eligibility else None
    after = context.new.eligibility.criteria if context.new.eligibility else None
    if before is None or after is None:
        return False
    return all(_words(_text_of(before, heading)) == _words(_text_of(after, heading)) for heading in _HEADINGS)


def _text_of(criteria: Criteria, heading: str) -> str:
    lines: tuple[str, ...] = getattr(criteria, heading)
    return "\n".join(lines)
