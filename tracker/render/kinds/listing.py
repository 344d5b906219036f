"""The registry's list of trials: a trial came up, left, vanished, came back, was merged, or differs on a page."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tracker.model.details import (
    Details,
    EnteredDetails,
    MergedDetails,
    MirrorDetails,
    NearbySite,
    NewRegistrationDetails,
    RegistryWord,
    RemovedDetails,
    WatchDetails,
)
from tracker.model.event import Event
from tracker.model.ids import registry_title, split_key
from tracker.model.vocabulary import PUBLIC_STATUSES
from tracker.render import times
from tracker.render.introduction import phase
from tracker.render.kinds.kind_words import inside, kind_words
from tracker.render.phrases import away, listed, on, quote
from tracker.render.safe_text import plural
from tracker.render.values import LONG, quoted
from tracker.render.vocabulary import field_title, field_word, first_capital, status

_MOST_NEAR = 5
_START = {"ACTUAL": "started", "ESTIMATED": "start planned"}
_ENROLLED = {"ACTUAL": "enrolled", "ESTIMATED": "planned"}


def _registered_headline(event: Event, details: NewRegistrationDetails) -> str:
    text = _registered(event, details)
    if "registered_late" in event.effects:
        details = msgspec.structs.replace(details, start_date=None)
    return _news(event, details, text)


def _registered(event: Event, details: NewRegistrationDetails) -> str:
    text = f"Newly registered {on(details.first_posted)}" if details.first_posted else "Newly registered"
    if "registered_late" in event.effects:
        text = f"{text}, after its start {times.registry_day(details.start_date or '')}".rstrip()
    return text


def _registered_introduced(event: Event, details: NewRegistrationDetails) -> str:
    return _came(event, details, _registered(event, details))


def _entered_introduced(event: Event, details: EnteredDetails) -> str:
    return _came(event, details, _entered(details))


def _came(event: Event, details: EnteredDetails, entered: str) -> str:
    """Where readers near a place can take part, and how the trial came in; how it stands is said in its introduction."""
    opened = _opened_near(event, details)
    return f"{opened}; {inside(event, entered)}" if opened else entered


def _entered_headline(event: Event, details: EnteredDetails) -> str:
    return _news(event, details, _entered(details))


def _entered(details: EnteredDetails) -> str:
    return f"Now matches “{quote(details.watch, 60)}”"


def _news(event: Event, details: EnteredDetails, entered: str) -> str:
    """Where readers near a place can take part, that comes first; else how the trial came in, then how it stands."""
    facts = list(_standing(details))
    opened = _opened_near(event, details)
    if not opened:
        return f"{entered}: {', '.join(facts)}" if facts else entered
    if isinstance(details, NewRegistrationDetails):
        facts.insert(1, inside(event, entered))
    return f"{opened}: {', '.join(facts[1:])}"


def _opened_near(event: Event, details: EnteredDetails) -> str:
    """Where readers near a place can take part; empty where they cannot."""
    if "recruiting" not in event.effects or not details.near:
        return ""
    news = "Now available" if details.recruitment_status == "AVAILABLE" else "Now recruiting"
    return f"{news} {_where(details.near[0])}"


def _registered_news(event: Event, details: NewRegistrationDetails) -> str:
    return _opened_near(event, details) or f"Newly registered{', recruiting' if 'recruiting' in event.effects else ''}"


def _entered_news(event: Event, details: EnteredDetails) -> str:
    came = "Now recruiting" if "recruiting" in event.effects else "New"
    return _opened_near(event, details) or f"{came} in “{quote(details.watch, 40)}”"


def _where(site: NearbySite) -> str:
    """The city of a nearby site; with its distance unless the watch's own place lies in it."""
    city = quote(site.city, 40) or "a place near you"
    return f"in {city}" if site.km is None or site.in_city else f"in {city}, {away(site.km)} away"


def _site(site: NearbySite) -> str:
    where = f"{_where(site)} (place unsure)" if site.km is None else _where(site)
    return f"{quote(site.facility, 60)}, {where}" if site.facility else where


def _standing(details: EnteredDetails) -> Iterator[str]:
    """How a trial stands, each fact in a few words: status, phase, sponsor, start, participants, open sites."""
    if details.recruitment_status:
        yield status(details.recruitment_status).lower() + _nearness(details)
    if named := phase(details.phases):
        yield named
    if details.lead_sponsor:
        yield quote(details.lead_sponsor, 40)
    if details.start_date:
        yield f"{_START.get(details.start_type or '', 'start')} {on(details.start_date)}"
    if details.enrollment is not None:
        yield f"{details.enrollment:,} {_ENROLLED.get(details.enrollment_type or '', 'participants')}"
    if details.sites_total:
        yield f"{details.sites_open or 0:,} of {plural(details.sites_total, 'site')} open"


def _nearness(details: EnteredDetails) -> str:
    """What a status that is open to the public means for a watch with a place; empty where a site inside it is open."""
    if details.place is None or details.recruitment_status not in PUBLIC_STATUSES:
        return ""
    if not details.near:
        return " (no open site near you)"
    return "" if any(site.km is not None for site in details.near) else " (perhaps near you, place unsure)"


def _entered_lines(event: Event, details: EnteredDetails) -> Iterator[str]:
    yield from _reason_lines(event, details)
    yield from (first_capital(fact) for fact in _standing(details))
    yield from (f"Open near you: {_site(site)}" for site in details.near[:_MOST_NEAR])
    if len(details.near) > _MOST_NEAR:
        yield f"and {len(details.near) - _MOST_NEAR} more open sites near you"


def _left_headline(_event: Event, details: WatchDetails) -> str:
    return f"No longer matches “{quote(details.watch, 60)}”; still followed"


def _reason_lines(_event: Event, details: WatchDetails) -> Iterator[str]:
    if details.reason:
        yield first_capital(quote(details.reason, LONG))


def _removed_lines(_event: Event, details: RemovedDetails) -> Iterator[str]:
    if details.why:
        yield first_capital(quote(details.why, LONG))


def _merged_headline(_event: Event, details: MergedDetails) -> str:
    return f"The registry now answers with the record {quote(split_key(details.into).number, 40)}"


def _lags_headline(_event: Event, details: MirrorDetails) -> str:
    return f"This page still shows the older state: {_fields(details)}"


def _disagree_headline(_event: Event, details: MirrorDetails) -> str:
    if details.words:
        return _of_linked(details)
    return f"This page and the registry disagree: {_fields(details)}"


def _of_linked(details: MirrorDetails) -> str:
    """Two registrations of one trial, each registry with its own word."""
    (mine, my_word), (theirs, their_word) = ((_registry(one), _word(details, one)) for one in details.words)
    if details.ended:
        agreed = my_word if my_word == their_word else f"{mine} {my_word}, {theirs} {their_word}"
        return f"{mine} and {theirs} agree again: {agreed}"
    if "results_state" not in details.fields:
        return f"{mine} says {my_word}, {theirs} {their_word}"
    with_results, without = (mine, theirs) if details.words[0].said == "POSTED" else (theirs, mine)
    return f"Results are on {with_results}, and missing on {without}"


def _registry(one: RegistryWord) -> str:
    return registry_title(split_key(one.trial).source)


def _word(details: MirrorDetails, one: RegistryWord) -> str:
    if "results_state" in details.fields:
        return "results posted" if one.said == "POSTED" else "no results posted"
    return status(one.said).lower()


def _fields(details: MirrorDetails) -> str:
    return listed([field_word(field) for field in details.fields], 4)


def _mirror_lines(_event: Event, details: MirrorDetails) -> Iterator[str]:
    for one in details.words:
        own = f"; its own update {on(one.updated)}" if one.updated else ""
        known = f"{_registry(one)} {quote(split_key(one.trial).number, 40)}"
        yield f"{known}: {_word(details, one)}, seen so since {times.registry_day(one.since)}{own}"
    for field, sides in details.fields.items() if not details.words else ():
        yield f"{field_title(field)}: the page says {quoted(sides.page)}, the registry {quoted(sides.registry)}"


kind_words(
    "new_registration",
    NewRegistrationDetails,
    title="New registration",
    headline=_registered_headline,
    introduced=_registered_introduced,
    news=_registered_news,
    tally=lambda _event, _details: "new registration(s)",
    lines=_entered_lines,
)
kind_words(
    "entered_watch",
    EnteredDetails,
    title="Entered the watch",
    headline=_entered_headline,
    introduced=_entered_introduced,
    news=_entered_news,
    tally=lambda _event, _details: "new in the watch",
    lines=_entered_lines,
)
kind_words("left_watch", WatchDetails, title="Left the watch", headline=_left_headline, lines=_reason_lines)
kind_words(
    "removed",
    RemovedDetails,
    title="Removed from the registry",
    headline=lambda _event, _details: "Gone from the registry",
    lines=_removed_lines,
)
kind_words("restored", Details, title="Back at the registry", headline=lambda _event, _details: "Back at the registry")
kind_words("merged", MergedDetails, title="Merged with another record", headline=_merged_headline)
kind_words("mirror_lags", MirrorDetails, title="Page lags behind the registry", headline=_lags_headline, lines=_mirror_lines)
kind_words("registries_disagree", MirrorDetails, title="Sources disagree", headline=_disagree_headline, lines=_mirror_lines)
