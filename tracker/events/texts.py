"""What the record says in prose: titles, descriptions, conditions, numbers."""

from __future__ import annotations

from tracker.events.kinds import Context, Finding, change_kind
from tracker.events.spelling import respelt_pairs
from tracker.model.details import ConditionsDetails, TermsEdit


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
    return Finding(severity="minor", rule="a title changed", effects=_fields(context))


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
    return Finding(
        severity="minor",
        rule="conditions or keywords changed",
        effects=_fields(context),
        details=ConditionsDetails(conditions=_terms(context, "conditions"), keywords=_terms(context, "keywords")),
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
