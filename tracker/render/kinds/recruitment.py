"""Recruitment status and the reason for stopping."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.model.details import RecruitmentStatusDetails, WhyStoppedDetails
from tracker.model.event import Event
from tracker.render.inline_diff import difference
from tracker.render.kinds.kind_words import first_effect, headline_of, kind_words
from tracker.render.phrases import LONGEST_QUOTE, quote
from tracker.render.safe_text import plural
from tracker.render.vocabulary import status, status_before

_NEWS = {
    "started": "Now recruiting",
    "started_by_invitation": "Now enrolling, by invitation only",
    "started_and_closed": "Started and already closed to new participants",
    "reopened": "Recruiting again",
    "closed": "No longer recruiting",
    "went_unknown": "Status unknown, for lack of updates",
    "access_opened": "Expanded access now available",
    "access_closed": "Expanded access closed",
}
"""The news of an effect; for the other effects the new status says it."""

_NEWS_OF_STATUS = {
    ("closed", "ENROLLING_BY_INVITATION"): "Now by invitation only",
    ("closed", "NOT_YET_RECRUITING"): "Back to not yet recruiting",
    ("resumed", "RECRUITING"): "Recruiting again",
    ("resumed", "ENROLLING_BY_INVITATION"): "Enrolling again, by invitation only",
    ("resumed", "ACTIVE_NOT_RECRUITING"): "Under way again, closed to new participants",
    ("reopened", "ENROLLING_BY_INVITATION"): "Enrolling again, by invitation only",
    ("access_closed", "APPROVED_FOR_MARKETING"): "Expanded access closed: approved for marketing",
    ("access_closed", "TEMPORARILY_NOT_AVAILABLE"): "Expanded access paused",
}
"""The news where an effect alone does not say enough."""

_REVIVED = {"RECRUITING": "Recruiting again", "ENROLLING_BY_INVITATION": "Enrolling again, by invitation only"}
_ENROLLED_BEFORE = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "SUSPENDED"})
"""Statuses before an unknown one, after which a trial that recruits does so again."""

_LONG_REASON = 120
_SHORT_REASON = 60


def _news(event: Event, details: RecruitmentStatusDetails) -> str:
    """The news of a status, without what it was."""
    effect = first_effect(event)
    if effect == "revived" and details.last_known_status in {None, details.new, *_ENROLLED_BEFORE}:
        return _REVIVED.get(details.new or "", status(details.new))
    return _NEWS_OF_STATUS.get((effect, details.new or "")) or _NEWS.get(effect) or status(details.new)


def _status_headline(event: Event, details: RecruitmentStatusDetails) -> str:
    return status_headline(event, details)


def _status_news(event: Event, details: RecruitmentStatusDetails) -> str:
    return "Status reworded" if details.old == details.new else _news(event, details)


def _status_tally(event: Event, details: RecruitmentStatusDetails) -> str:
    text = _status_news(event, details).partition(",")[0]
    return text[:1].lower() + text[1:]


def status_headline(event: Event, details: RecruitmentStatusDetails, *, leads: bool = False) -> str:
    """The news of a status and what it was; shorter, and sparing with colons, where it ``leads`` a whole update."""
    if details.old == details.new:
        new, old = quote(details.new_as_given or "", 50), quote(details.old_as_given or "", 50)
        return f"Status now reads “{new}” (was “{old}”), with the same meaning"
    news = _news(event, details)
    since = f" since {details.unknown_since[:4]}" if details.unknown_since else ""
    if "went_unknown" in event.effects:
        return f"{news} (last known: {status(details.last_known_status).lower()})"
    if details.why_stopped:
        before = f"status was unknown{since}" if details.old == "UNKNOWN" else f"was {status(details.old).lower()}"
        return f"{news}, {before}: “{quote(details.why_stopped, _SHORT_REASON if leads else LONGEST_QUOTE)}”"
    if "revived" in event.effects:
        return f"{news}: status was unknown{since}"
    if leads and (details.old, *event.effects) == ("RECRUITING", "closed"):
        return news  # "No longer recruiting" says what it was
    return f"{news} ({'was' if leads else 'before:'} {status_before(details.old)}{since})"


def _status_lines(event: Event, details: RecruitmentStatusDetails) -> Iterator[str]:
    if details.why_stopped and f"“{details.why_stopped}”" not in headline_of(event):
        yield f"Reason given: “{quote(details.why_stopped, 1000)}”"
    if details.sites_open is not None:
        yield f"{details.sites_open:,} of {plural(details.sites_total or 0, 'site')} open"


def _reason_headline(_event: Event, details: WhyStoppedDetails) -> str:
    reason = quote(details.new or details.old, _LONG_REASON)
    if not details.new:
        return f"Reason for stopping removed (was “{reason}”)"
    return f"Reason for stopping now reads “{reason}”" if details.old else f"Reason for stopping: “{reason}”"


def _reason_lines(event: Event, _details: WhyStoppedDetails) -> Iterator[str]:
    for change in event.changes:
        if change.old and change.new:
            yield difference(change.old, change.new)
        elif len(change.old or change.new or "") > _LONG_REASON:
            yield f"Reason given: “{quote(change.old or change.new, 1000)}”"


kind_words(
    "recruitment_status_changed",
    RecruitmentStatusDetails,
    title="Recruitment status",
    headline=_status_headline,
    lines=_status_lines,
    news=_status_news,
    tally=_status_tally,
    compared=("recruitment_status", "last_known_status"),
    own_spelling=True,
    from_details=True,
)
kind_words(
    "why_stopped_changed",
    WhyStoppedDetails,
    title="Reason for stopping",
    headline=_reason_headline,
    lines=_reason_lines,
    compared=("why_stopped",),
)
