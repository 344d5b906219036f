"""What the log can be narrowed by: for each filter its values, and how many changes each would leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from tracker.model.vocabulary import KIND_NAMES, RECRUITMENT_STATUSES, SEVERITIES, rank
from tracker.render import kinds, vocabulary
from tracker.render.safe_text import one_line
from tracker.web.asked import EFFECTS, LogFilter, event_filter
from tracker.web.counts import Wanted
from tracker.web.reading import Reading, trial_key

LINKS = 12
"""Values of a filter that are links: those with the most changes. The form has them all."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a filter, its name, and how many changes it would leave: None where words are asked for."""

    value: str
    name: str
    count: int | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter of the log with its values."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    def links(self, chosen: str) -> list[Choice]:
        """The values that are worth a link: those with the most changes, and the chosen one."""
        found = [one for one in self.choices if one.count or (one.value == chosen and one.count is not None)]
        if self.name != "min_severity":
            found.sort(key=lambda one: (one.value != chosen, -(one.count or 0)))
        return found[:LINKS]


def chosen_trials(reading: Reading, asked: LogFilter) -> dict[str, frozenset[str]]:
    """The trials that each filter by trial lets through, of those that are set."""
    found = dict[str, frozenset[str]]()
    if asked.trial:
        found["trial"] = frozenset({trial_key(reading, asked.trial)})
    if asked.group:
        found["group"] = reading.archive.in_group(asked.group)
    every = reading.all_standing().items() if asked.country or asked.status else ()
    if asked.country:
        folded = asked.country.casefold()
        found["country"] = frozenset(
            key for key, each in every if any(folded == country.casefold() for country in each.countries)
        )
    if asked.status:
        found["status"] = frozenset(
            key for key, each in every if each.row.recruitment_status == asked.status and not each.row.removed_at
        )
    return found


def in_columns(reading: Reading, asked: LogFilter) -> Wanted:
    """What the log in memory is asked for; it has no words."""
    chosen = event_filter(asked, reading.context)
    return Wanted(
        since=chosen.since,
        until=chosen.until,
        watch=asked.watch,
        kind=asked.kind,
        effect=asked.effect,
        rank=rank(chosen.min_severity),
        source=asked.source,
        group=asked.group,
        country=asked.country,
        status=asked.status,
        trial=trial_key(reading, asked.trial) if asked.trial else "",
    )


def filters(reading: Reading, asked: LogFilter) -> dict[str, Filter]:
    """Every filter that has values to choose from, with counts unless words are asked for: those are not counted."""
    counts = {} if asked.words else _counts(reading, asked)
    archive = reading.archive
    countries = sorted({country for each in reading.all_standing().values() for country in each.countries})
    severities = (("major", "Major"), ("notable", "Notable and up"), ("minor", "All"))
    given: tuple[tuple[str, str, Iterable[tuple[str, str]]], ...] = (
        ("watch", "Watch", [(name, one_line(name, 60)) for name in reading.context.watches]),
        ("group", "Group", [(name, one_line(name, 60)) for name in reading.context.groups]),
        ("min_severity", "Severity", severities),
        ("kind", "Kind of change", [(kind, kinds.kind_title(kind)) for kind in sorted(KIND_NAMES, key=kinds.kind_title)]),
        ("effect", "Effect", [(word, word.replace("_", " ")) for word in EFFECTS]),
        ("source", "Source", [(key, archive.source_title(key)) for key in reading.context.sources]),
        ("status", "Status now", [(word, vocabulary.status(word)) for word in RECRUITMENT_STATUSES]),
        ("country", "Country", [(name, one_line(name, 60)) for name in countries]),
    )
    return {
        name: Filter(
            name=name,
            label=label,
            choices=tuple(
                Choice(value=value, name=text, count=counts[name][value] if name in counts else None) for value, text in values
            ),
        )
        for name, label, values in given
    }


def _counts(reading: Reading, asked: LogFilter) -> Mapping[str, Counter[str]]:
    """For each filter how many changes each of its values would leave, all other filters being as they are."""
    found = reading.counted(in_columns(reading, asked))
    heavier = {word: sum(count for at, count in found.ranks.items() if at >= rank(word)) for word in SEVERITIES}
    return {
        "watch": found.watches,
        "group": found.groups,
        "min_severity": Counter(heavier),
        "kind": found.kinds,
        "effect": found.effects,
        "source": found.sources,
        "country": found.countries,
        "status": found.statuses,
    }
