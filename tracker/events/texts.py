"""What the record says in prose: titles, descriptions, conditions, numbers."""

from __future__ import annotations

from tracker.events.kinds import Context, Finding, change_kind
from tracker.events.wording import same_words


def _fields(context: Context) -> tuple[str, ...]:
    return tuple(dict.fromkeys(change.path[0] for change in context.changes))


def _only_spelling(context: Context) -> bool:
    """Whether nothing but case and punctuation differs in any of the texts."""
    return all(
        isinstance(change.old, str) and isinstance(change.new, str) and same_words(change.old, change.new)
        for change in context.changes
    )


@change_kind(
    "titles_changed",
    owns=("brief_title", "official_title", "acronym"),
    effects=("brief_title", "official_title", "acronym"),
    description="The brief title, official title or acronym changed.",
    weight=30,
)
def _titles(context: Context) -> Finding | None:
    rule = "only case and punctuation of a title differ" if _only_spelling(context) else "a title changed"
    return Finding(severity="minor", rule=rule, effects=_fields(context))


@change_kind(
    "description_changed",
    owns=("brief_summary", "detailed_description"),
    effects=("brief_summary", "detailed_description"),
    description="The brief summary or the detailed description changed.",
    weight=22,
)
def _description(context: Context) -> Finding | None:
    rule = "only case and punctuation of a description differ" if _only_spelling(context) else "a description changed"
    return Finding(severity="minor", rule=rule, effects=_fields(context))


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
        details={
            field: {
                "added": [change.new for change in context.under(field) if change.old is None],
                "removed": [change.old for change in context.under(field) if change.new is None],
            }
            for field in _fields(context)
        },
    )


@change_kind(
    "identifiers_changed",
    owns=("nct_number", "secondary_ids", "aliases"),
    effects=("nct_number", "secondary_ids", "aliases"),
    description="Numbers of the trial (registry numbers, the sponsor's own, aliases) changed.",
    weight=26,
)
def _identifiers(context: Context) -> Finding | None:
    return Finding(severity="minor", rule="numbers of the trial changed", effects=_fields(context))
