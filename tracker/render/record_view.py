"""``show`` and ``diff`` on a terminal: one record as it stood, and what changed between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

import msgspec

from tracker.model.event import Event, Story
from tracker.model.ids import split_key
from tracker.model.links import Registration
from tracker.model.record import OutcomeMeasure, RegulatoryEvent, Site, TrialRecord
from tracker.render import inline_diff, kinds, registrations, times, values, vocabulary
from tracker.render.privacy import public_record
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import PartView, StoryView, story_view
from tracker.render.tables import SEVERITY_STYLES

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

MOST_LINES = 25
"""Entries of one list that ``show`` prints unless all are asked for."""

MOST_CONDITIONS = 10

_MARK_STYLES = {"": "", "gone": "red strike", "came": "green"}

Line = tuple[str, str]
"""A field's title and its value; an empty title goes on with the field above."""

_FACTS = (
    "recruitment_status",
    "why_stopped",
    "start_date",
    "primary_completion_date",
    "completion_date",
    "enrollment",
    "results_state",
    "results_first_posted",
    "first_posted",
    "last_update_posted",
    "lead_sponsor",
    "conditions",
    "study_type",
    "phases",
    "allocation",
    "masking",
    "primary_purpose",
)
"""Fields at the head of a record."""


def record_view(
    record: TrialRecord,
    timeline: Sequence[Event] = (),
    *,
    label: str = "",
    timezone: tzinfo,
    everything: bool = False,
    also: Sequence[Registration] = (),
    duties: Sequence[str] = (),
) -> Group:
    """The record in groups and its timeline, newest first as given; contact persons are never in it.

    ``everything`` prints lists to their end instead of the first ``MOST_LINES`` entries, ``also`` are other registrations,
    ``duties`` lines on results that are due.
    """
    from rich.console import Group
    from rich.text import Text

    shown = public_record(record)
    title = one_line(label or shown.brief_title or shown.official_title or shown.trial)
    number = split_key(shown.trial).number
    parts: list[Text | Table] = [Text(f"{title} ({number})", style="bold")]
    parts += [Text(one_line(label and shown.brief_title))] if label and shown.brief_title else []
    parts += [Text(one_line(shown.url), no_wrap=True, overflow="ignore")] if shown.url else []
    if also:
        parts += [Text(), Text("Other registrations", style="bold underline")]
        parts += [_hanging("-", Text(registrations.line(one)), 0) for one in also]
    for heading, lines in _groups(shown, everything):
        parts += [Text(), Text(heading, style="bold underline"), _fields(lines)]
    if duties:
        parts += [Text(), Text("Duties to post results: estimates, not legal findings", style="bold underline")]
        parts += [_hanging("*", Text(line), 0) for line in duties]
    if timeline:
        parts += [Text(), Text("Timeline", style="bold underline")]
        parts.append(_timeline(timeline, timezone))
    return Group(*parts)


def diff_view(story: Story | None, events: Sequence[Event], *, timezone: tzinfo, source_title: str = "") -> Group:
    """What changed, weightiest first, old values struck out; says so when nothing did."""
    from rich.console import Group
    from rich.text import Text

    if story is None or not events:
        return Group(Text("Nothing changed between these versions."))
    view = story_view(story, events, None, source_title=source_title, timezone=timezone)
    parts: list[Text | Table] = [
        Text.assemble((view.label, "bold"), f" ({view.number})  " if view.number not in view.label else "  ", _severity(view)),
        Text(),
        Text(view.headline, style="bold"),
        *_part_lines(view.first, 2),
    ]
    for part in view.parts:
        parts += [_hanging("*", Text(part.headline), 0), *_part_lines(part, 2)]
    parts += [Text(), Text(view.when, style="dim")]
    if view.rule:
        parts.append(Text(f"Rated {view.severity}: {view.rule}.", style="dim"))
    parts += [Text(f"{link.text}: {link.address}", style="dim", no_wrap=True, overflow="ignore") for link in view.links]
    return Group(*parts)


def _severity(view: StoryView) -> tuple[str, str]:
    return view.severity, SEVERITY_STYLES[view.severity]


def _part_lines(part: PartView, indent: int) -> Iterator[Table]:
    from rich.text import Text

    for change in part.changes:
        old, new = (change.old or "none", _MARK_STYLES["gone"]), (change.new or "none", _MARK_STYLES["came"])
        yield _hanging(" ", Text.assemble(f"{change.field}: ", old, " -> ", new), indent - 2)
    for line in part.lines:
        pieces = [(piece.text, _MARK_STYLES[piece.mark]) for piece in inline_diff.pieces(line)]
        yield _hanging("-", Text.assemble(*pieces), indent)


def _hanging(mark: str, text: Text, indent: int) -> Table:
    """A line whose continuation stands under its first word."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_row(Text(" " * indent + mark), text)
    return table


def _fields(lines: Sequence[Line]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=22, style="dim")
    table.add_column(overflow="fold")
    for title, shown in lines:
        table.add_row(Text(title), Text(shown))
    return table


def _groups(record: TrialRecord, everything: bool) -> Iterator[tuple[str, list[Line]]]:
    facts = [(vocabulary.field_title(field), shown) for field in _FACTS if (shown := _fact(record, field, everything))]
    if facts:
        yield "Record", facts
    arms = [(one_line(arm.label), one_line(arm.description or "")) for arm in record.arms or ()]
    arms += [("Intervention", one_line(intervention.name)) for intervention in record.interventions or ()]
    if arms:
        yield "Arms and interventions", _cut(arms, everything)
    outcomes = [*_outcomes("Primary", record.primary_outcomes), *_outcomes("Secondary", record.secondary_outcomes)]
    outcomes += _outcomes("Other", record.other_outcomes)
    if outcomes:
        yield "Outcome measures", _cut(outcomes, everything)
    if joining := list(_eligibility(record)):
        yield "Who can join", _cut(joining, everything)
    if by_country := [(vocabulary.status(one.status or ""), one_line(one.country)) for one in record.country_status or ()]:
        yield "Status by country", _cut(by_country, everything)
    if sites := [_site(site) for site in record.sites or ()]:
        yield f"Where ({plural(len(sites), 'site')})", _cut(sites, everything)
    if summary := [("", one_line(line)) for line in (record.brief_summary or "").split("\n") if line.strip()]:
        yield "Summary", summary
    if events := [_regulatory_event(one) for one in record.regulatory_events or ()]:
        yield "Applications, notices and safety", _cut(events, everything)


def _fact(record: TrialRecord, field: str, everything: bool) -> str:
    given = getattr(record, field)
    if field == "conditions":
        named = [one_line(condition) for condition in given or ()]
        left = [] if everything or len(named) <= MOST_CONDITIONS else [f"and {len(named) - MOST_CONDITIONS} more"]
        return ", ".join((named[:MOST_CONDITIONS] if left else named) + left)
    return values.short(field, msgspec.to_builtins(given)) or ""


def _outcomes(title: str, outcomes: Sequence[OutcomeMeasure] | None) -> list[Line]:
    lines = []
    for outcome in outcomes or ():
        frame = f" [{outcome.time_frame}]" if outcome.time_frame else ""
        lines.append((title, one_line(f"{outcome.measure}{frame}")))
    return lines


def _eligibility(record: TrialRecord) -> Iterator[Line]:
    given = record.eligibility
    if given is None:
        return
    ages = [given.minimum_age and f"from {given.minimum_age}", given.maximum_age and f"to {given.maximum_age}"]
    if any(ages):
        yield "Age", one_line(" ".join(age for age in ages if age))
    if given.sex:
        yield "Sex", values.short("sex", given.sex) or ""
    if given.criteria:
        yield from (("Inclusion", one_line(line)) for line in given.criteria.inclusion)
        yield from (("Exclusion", one_line(line)) for line in given.criteria.exclusion)
        yield from (("Criteria", one_line(line)) for line in given.criteria.other)


def _regulatory_event(event: RegulatoryEvent) -> Line:
    said = (vocabulary.regulatory_words(event.type), one_line(event.country or ""))
    return one_line(event.date or ""), ", ".join(filter(None, said))


def _site(site: Site) -> Line:
    where = ", ".join(one_line(part) for part in (site.facility, site.city, site.state, site.country) if part)
    return (vocabulary.status(site.recruitment_status) if site.recruitment_status else "", where)


def _cut(lines: list[Line], everything: bool) -> list[Line]:
    if everything or len(lines) <= MOST_LINES:
        return lines
    return [*lines[:MOST_LINES], ("", f"and {len(lines) - MOST_LINES:,} more")]


def _timeline(events: Sequence[Event], timezone: tzinfo) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for event in events:
        severity = Text(event.severity, style=SEVERITY_STYLES[event.severity])
        table.add_row(Text(times.day(event.effective_at, timezone)), severity, Text(kinds.headline(event)))
    return table
