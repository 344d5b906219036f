"""The news of a whole update: in a few words for a subject, as what it is counted, and how much its kind matters."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.model.details import ArmsDetails, InterventionsDetails, NearbyDetails, RecruitmentStatusDetails
from tracker.model.event import Event, Story
from tracker.render.kinds.kind_words import headline_of, words_of
from tracker.render.kinds.sites import nearness
from tracker.render.safe_text import one_line

LONGEST_NEWS = 90

_OPENED = frozenset({"started", "started_by_invitation", "reopened", "resumed", "revived", "access_opened"})
_MATTER = (
    frozenset[str](),  # a trial that opens
    frozenset({"recruitment_status_changed"}),
    frozenset(
        {"results_posted", "results_amended", "results_overdue", "results_duty_changed", "results_due_soon"}
        | {"results_submission_changed", "results_delay_certified"}
    ),
    frozenset({"nearby_site_opened", "nearby_site_closed"}),
    frozenset({"primary_outcomes_changed", "secondary_outcomes_changed", "other_outcomes_changed"}),
)
"""Kinds that matter most to readers, in this order; a drug or arm that was dropped follows, then everything else."""


def story_news(events: Sequence[Event]) -> str:
    """The leading event in a few words, with the place where a trial opens near the reader: "Now recruiting near Munich"."""
    lead = events[0]
    if lead.details.echo_of or lead.details.spelling_only:
        return one_line(headline_of(lead), LONGEST_NEWS)
    opened, near = _opened_near(events)
    text = f"{words_of(opened.kind).news(opened)} {nearness(near)}" if opened and near else words_of(lead.kind).news(lead)
    if lead.details.changed_back:
        text = f"{text} (changed back)"
    elif lead.details.many_at_once:
        text = f"{text} (many at once)"
    return one_line(text, LONGEST_NEWS)


def story_tally(events: Sequence[Event]) -> str:
    """What trials with such an update are counted as: "now recruiting", "results posted"."""
    opened, near = _opened_near(events)
    if opened and near:
        return f"{words_of(opened.kind).tally(opened)} near you"
    return one_line(words_of(events[0].kind).tally(events[0]), LONGEST_NEWS)


def matter(story: Story, events: Sequence[Event]) -> int:
    """How early a story stands among those of its severity: the best place that one of its events of this severity has."""
    return min((_place(event) for event in events if event.severity == story.severity), default=len(_MATTER) + 1)


def counted(count: int, tally: str) -> str:
    """``1 title change``, ``2 title changes``, ``2 now recruiting``."""
    return f"{count:,} {tally.replace('(s)', '' if count == 1 else 's')}"


def _place(event: Event) -> int:
    if isinstance(event.details, RecruitmentStatusDetails) and _OPENED & set(event.effects):
        return 0
    for place, kinds in enumerate(_MATTER):
        if event.kind in kinds:
            return place
    dropped = isinstance(event.details, ArmsDetails | InterventionsDetails) and event.details.removed
    return len(_MATTER) + (0 if dropped else 1)


def _opened_near(events: Sequence[Event]) -> tuple[Event | None, NearbyDetails | None]:
    """The opening of a trial that its update leads with, and where near the reader; both, or neither is of use."""
    opened = next(
        (one for one in events if isinstance(one.details, RecruitmentStatusDetails) and _OPENED & set(one.effects)), None
    )
    near = next((one for one in events if one.kind == "nearby_site_opened" and "elsewhere_first" not in one.effects), None)
    leads = events[0] in (opened, near)
    details = near.details if near is not None else None
    return (opened, details) if leads and isinstance(details, NearbyDetails) else (None, None)
