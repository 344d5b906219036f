"""The registry's list of trials: a trial came up, left, vanished, came back, was merged, or differs on a page."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.model.details import Details, MergedDetails, MirrorDetails, NewRegistrationDetails, RemovedDetails, WatchDetails
from tracker.model.event import Event
from tracker.model.ids import split_key
from tracker.render.kinds.kind_words import kind_words
from tracker.render.phrases import listed, quote
from tracker.render.values import LONG, quoted
from tracker.render.vocabulary import field_title, field_word, first_capital


def _registered_headline(event: Event, details: NewRegistrationDetails) -> str:
    text = f"Newly registered on {quote(details.first_posted, 20)}" if details.first_posted else "Newly registered"
    if "registered_late" in event.effects:
        return f"{text}, after its start {quote(details.start_date, 20)}".rstrip()
    return text


def _entered_headline(_event: Event, details: WatchDetails) -> str:
    return f"Now matches “{quote(details.watch, 60)}”"


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
    return f"This page and the registry disagree: {_fields(details)}"


def _fields(details: MirrorDetails) -> str:
    return listed([field_word(field) for field in details.fields], 4)


def _mirror_lines(_event: Event, details: MirrorDetails) -> Iterator[str]:
    for field, sides in details.fields.items():
        yield f"{field_title(field)}: the page says {quoted(sides.page)}, the registry {quoted(sides.registry)}"


kind_words(
    "new_registration", NewRegistrationDetails, title="New registration", headline=_registered_headline, lines=_reason_lines
)
kind_words("entered_watch", WatchDetails, title="Entered the watch", headline=_entered_headline, lines=_reason_lines)
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
