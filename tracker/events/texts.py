"""What the record says in prose: titles, descriptions, conditions, numbers."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.events.kinds import Context, Finding, change_kind
from tracker.events.spelling import respelt_pairs
from tracker.model.details import ConditionsDetails, TermsEdit, TitlesDetails
from tracker.text.diseases import new_diseases

_NEW_DISEASE = 61
"""A new disease weighs more than the arms and criteria that come with it."""


def _fields(context: Context) -> tuple[str, ...]:
    return tuple(dict.fromkeys(change.path[0] for change in context.changes))


@change_kind(
    "titles_changed",
    owns=("brief_title", "official_title", "acronym"),
    effects=("brief_title", "official_title", "acronym"),
    description="The brief title, official title or acronym changed.",
    weight=30,
)
def _titles(context: Context) -> Finding | None:
    titles = [str(change.new) for change in context.changes if change.new and change.path[0] != "acronym"]
    found = new_diseases(titles, _known_words(context))
    return Finding(
        severity="notable" if found else "minor",
        rule="a title names a disease that was not studied before" if found else "a title changed",
        effects=_fields(context),
        details=TitlesDetails(new_diseases=found),
        weight=_NEW_DISEASE if found else None,
    )


def _known_words(context: Context) -> Iterator[str]:
    """What said before which disease is studied."""
    old = context.old
    yield from filter(
        None, (old.brief_title, old.official_title, old.brief_summary, *(old.conditions or ()), *(old.keywords or ()))
    )


@change_kind(
    "description_changed",
    owns=("brief_summary", "detailed_description"),
    effects=("brief_summary", "detailed_description"),
    description="The brief summary or the detailed description changed.",
    weight=22,
)
def _description(context: Context) -> Finding | None:
    return Finding(severity="minor", rule="a description changed", effects=_fields(context))


@change_kind(
    "conditions_changed",
    owns=("conditions", "keywords"),
    effects=("conditions", "keywords"),
    description="Conditions or keywords changed.",
    weight=28,
)
def _conditions(context: Context) -> Finding | None:
    conditions = _terms(context, "conditions")
    found = new_diseases(conditions.added if conditions else (), _known_words(context), terms=True)
    return Finding(
        severity="notable" if found else "minor",
        rule="a condition came that was not studied before" if found else "conditions or keywords changed",
        effects=_fields(context),
        details=ConditionsDetails(conditions=conditions, keywords=_terms(context, "keywords"), new_diseases=found),
        weight=_NEW_DISEASE if found else None,
    )


def _terms(context: Context, field: str) -> TermsEdit | None:
    changes = context.changes_under(field)
    if not changes:
        return None
    removed, added, respelt = respelt_pairs(
        [change.old for change in changes if change.new is None], [change.new for change in changes if change.old is None]
    )
    return TermsEdit(added=tuple(added), removed=tuple(removed), respelt=tuple(respelt))


@change_kind(
    "identifiers_changed",
    owns=("nct_number", "secondary_ids", "aliases"),
    effects=("nct_number", "secondary_ids", "aliases"),
    description="Numbers of the trial (registry numbers, the sponsor's own, aliases) changed.",
    weight=26,
)
def _identifiers(context: Context) -> Finding | None:
    return Finding(severity="minor", rule="numbers of the trial changed", effects=_fields(context))
