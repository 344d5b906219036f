"""What the record says in prose: titles, descriptions, conditions, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.details import ConditionsDetails, Details, TermsEdit, TitlesDetails
from tracker.model.event import Event
from tracker.render.inline_diff import difference
from tracker.render.kinds.kind_words import fields_changed, kind_words
from tracker.render.phrases import listed, quote, quoted
from tracker.render.values import LONG


def _fields_headline(event: Event, _details: Details) -> str:
    return fields_changed(event, 4)


def _titles_headline(event: Event, details: TitlesDetails) -> str:
    changed = fields_changed(event, 4)
    return f"{changed}, now also naming: {listed(details.new_diseases)}" if details.new_diseases else changed


def _conditions_headline(_event: Event, details: ConditionsDetails) -> str:
    parts = [part for name, edit in _edits(details) for part in _terms(name, edit)]
    return "; ".join(parts) or "Conditions changed"


def _terms(name: str, edit: TermsEdit) -> Iterator[str]:
    for terms, effect in ((edit.added, "added"), (edit.removed, "removed")):
        if terms:
            yield f"{name} {effect}: {_listed(terms)}"
    if edit.respelt:
        yield f"{name} now spelled: {_listed([pair.new for pair in edit.respelt])}"


def _listed(terms: Sequence[str]) -> str:
    """Terms, in quotation marks where one of them has a comma of its own: "Carcinoma, Intraductal"."""
    return quoted(terms, 3) if any("," in term for term in terms) else listed(terms)


def _conditions_lines(_event: Event, details: ConditionsDetails) -> Iterator[str]:
    edits = [edit for _, edit in _edits(details)]
    yield from (f"Added: “{quote(term, LONG)}”" for edit in edits for term in edit.added)
    yield from (f"Removed: “{quote(term, LONG)}”" for edit in edits for term in edit.removed)
    yield from (f"Now spelled: {difference(pair.old, pair.new)}" for edit in edits for pair in edit.respelt)


def _edits(details: ConditionsDetails) -> list[tuple[str, TermsEdit]]:
    edits = {"conditions": details.conditions, "keywords": details.keywords}
    return [(name, edit) for name, edit in edits.items() if edit]


kind_words(
    "titles_changed",
    TitlesDetails,
    title="Titles",
    headline=_titles_headline,
    compared=("brief_title", "official_title", "acronym"),
    from_details=True,
)
kind_words(
    "description_changed",
    Details,
    title="Description",
    headline=_fields_headline,
    short=lambda _event, _details: "description changed",
    from_details=True,
)
kind_words("conditions_changed", ConditionsDetails, title="Conditions", headline=_conditions_headline, lines=_conditions_lines)
kind_words("identifiers_changed", Details, title="Numbers", headline=_fields_headline)
