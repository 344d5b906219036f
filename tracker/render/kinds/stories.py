"""One sentence for a whole update: its weightiest event, then the next most telling ones, as far as a line carries."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.model.details import ArmsDetails, InterventionsDetails, RecruitmentStatusDetails
from tracker.model.event import Event
from tracker.model.vocabulary import rank
from tracker.render.kinds.dates import COMPLETIONS, both_completions
from tracker.render.kinds.kind_words import LONGEST, headline_of, with_one_colon, words_of
from tracker.render.kinds.recruitment import status_headline
from tracker.render.safe_text import one_line
from tracker.render.vocabulary import first_capital

_MOST = 3


def story_headline(events: Sequence[Event]) -> str:
    """The headline of the first event, then others in short that weigh more than a trifle. Events stand weightiest first."""
    if not events:
        return ""
    first, *others = events
    shorts = _shorts(first, others)
    lead = _lead(first)
    text = lead
    for position, short in enumerate(shorts[:_MOST]):
        longer = with_one_colon(f"{text}{'; ' if position == 0 else ', '}{short}")
        if len(longer) > LONGEST:
            break
        text = longer
    return one_line(text if text != lead else headline_of(first), LONGEST)


def _lead(event: Event) -> str:
    """The leading event's headline; that of a status as it is where more follows."""
    details = event.details
    if details.changed_back or details.echo_of:
        return headline_of(event)
    if isinstance(details, RecruitmentStatusDetails) and details.old != details.new:
        return status_headline(event, details, leads=True)
    if isinstance(details, ArmsDetails | InterventionsDetails) and (details.added or details.removed):
        return first_capital(words_of(event.kind).short(event))
    return headline_of(event)


def _shorts(lead: Event, others: Sequence[Event]) -> list[str]:
    """Short forms, the most telling first: minor events only after a minor lead, and nothing that the lead has said."""
    least = min(1, rank(lead.severity))
    loud = [event for event in others if rank(event.severity) >= least and words_of(event.kind).combined]
    if isinstance(lead.details, RecruitmentStatusDetails) and lead.details.why_stopped:
        loud = [event for event in loud if event.kind != "why_stopped_changed"]
    if any(effect.startswith("started") for effect in lead.effects):
        loud.sort(key=lambda event: event.kind != "start_date_changed")  # "Now recruiting (was not yet); started …"
    completions = [event for event in loud if event.kind in COMPLETIONS]
    together = both_completions(completions) if len(completions) == len(COMPLETIONS) else ""
    shorts = [together if together and event in completions else words_of(event.kind).short(event) for event in loud]
    return list(dict.fromkeys(short for short in shorts if short))
