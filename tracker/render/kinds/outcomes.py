"""Outcome measures: added, removed, moved, reworded, timed differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker.model.details import MeasureRewording, OutcomeEntry, OutcomesDetails, OutcomesRegrouped, TimeFrameEdit
from tracker.model.event import Event
from tracker.render.inline_diff import difference, plain, spans
from tracker.render.kinds.kind_words import kind_words, words_of
from tracker.render.phrases import listed, quote
from tracker.render.values import LONG
from tracker.render.vocabulary import first_capital

_LEVEL = {"primary_outcomes": "primary", "secondary_outcomes": "secondary", "other_outcomes": "other"}

_WINDOW = {
    "before_start": "before the start",
    "ongoing": "while ongoing",
    "after_primary_completion": "after primary completion",
    "with_results": "at results posting",
    "after_results": "after results were posted",
}
"""Where in the trial's life an update falls, as far as it is known."""

_NOTHING = "(nothing)"


def _headline(event: Event, details: OutcomesDetails) -> str:
    window = _WINDOW.get(details.window, "")
    frames = details.time_frame
    if set(event.effects) == {"time_frame"} and len(frames) == 1 and frames[0].count > 1:
        old, new = _or_nothing(frames[0].old), _or_nothing(frames[0].new)
        text = f"Time frame of {_counts(frames[0].fields)}: {old} → {new}"
    else:
        text = _effects(event, details)
    return f"{text} ({window})" if window else text


def _news(event: Event, details: OutcomesDetails) -> str:
    window = _WINDOW.get(details.window, "")
    return f"{words_of(event.kind).title} changed {window}".rstrip()


def _effects(event: Event, details: OutcomesDetails) -> str:
    """What happened: to one outcome in its own words, to several in numbers."""
    level = first_capital(_LEVEL[event.kind.removesuffix("_changed")])
    if _total(details) == 1:
        return f"{level} outcome {_single(details)}"
    parts = [
        (len(details.added), "{} added"),
        (len(details.removed), "{} removed"),
        (len(details.promoted), "{} promoted"),
        (len(details.demoted), "{} demoted"),
        (sum(edit.redefined for edit in details.measure_reworded), "{} redefined"),
        (sum(not edit.redefined for edit in details.measure_reworded), "{} reworded"),
        (len(details.regrouped), "{} split, merged or repeated"),
        (sum(frame.count for frame in details.time_frame), "time frame of {} changed"),
        (len(details.description), "description of {} changed"),
    ]
    return f"{level} outcomes: {', '.join(text.format(count) for count, text in parts if count)}"


def _total(details: OutcomesDetails) -> int:
    edits: tuple[Sequence[object], ...] = (
        details.added,
        details.removed,
        details.promoted,
        details.demoted,
        details.measure_reworded,
        details.regrouped,
        details.description,
    )
    return sum(map(len, edits)) + sum(frame.count for frame in details.time_frame)


def _single(details: OutcomesDetails) -> str:
    """The one thing that happened to one outcome."""
    for entry in details.added:
        return f"added: “{quote(entry.measure)}”"
    for entry in details.removed:
        return f"removed: “{quote(entry.measure)}”"
    for name in details.promoted:
        return f"promoted: “{quote(name)}”"
    for name in details.demoted:
        return f"demoted: “{quote(name)}”"
    for edit in details.measure_reworded:
        return f"{'redefined' if edit.redefined else 'reworded'}: {plain(spans(difference(edit.old, edit.new, 90)))}"
    for parts in details.regrouped:
        return f"{_number(parts)}: “{quote(parts.old[0])}”"
    for frame in details.time_frame:
        return f"timed differently: “{_or_nothing(frame.old)}” → “{_or_nothing(frame.new)}”"
    return f"described differently: “{quote(details.description[0])}”"


def _counts(fields: Mapping[str, int]) -> str:
    """``3 primary and 22 secondary outcomes``."""
    counted = [f"{count} {_LEVEL.get(field, field)}" for field, count in fields.items()]
    noun = "outcome" if [*fields.values()][-1:] == [1] else "outcomes"
    return f"{listed(counted)} {noun}"


def _or_nothing(text: str) -> str:
    return quote(text, 50) or _NOTHING


def _lines(event: Event, details: OutcomesDetails) -> Iterator[str]:
    yield from (f"Added: {_outcome(entry)}" for entry in details.added)
    yield from (f"Removed: {_outcome(entry)}" for entry in details.removed)
    yield from (f"Promoted: “{quote(name, LONG)}”" for name in details.promoted)
    yield from (f"Demoted: “{quote(name, LONG)}”" for name in details.demoted)
    for edit in details.measure_reworded:
        yield f"{_rewording(edit)}: {difference(edit.old, edit.new)}"
    for parts in details.regrouped:
        yield f"{first_capital(_number(parts))}: {_texts(parts.old)} → {_texts(parts.new)}"
    yield from map(_time_frame, details.time_frame)
    yield from _descriptions(event, details)
    if details.window_note:
        yield first_capital(quote(details.window_note))


_REASON = {
    "negation": "negated, or no longer negated",
    "aggregation": "counted differently",
    "opposite": "the opposite",
    "event": "another event counts",
    "instrument": "another test or scale",
    "threshold": "a different threshold",
    "qualifier": "a narrower or wider term",
    "members": "a part was added or left out",
    "population": "a different population",
    "time_point": "a different time point",
    "length": "too long to be judged",
    "placeholder": "the earlier text named no outcome to judge by",
    "time_points": "a time point more or fewer",
    "inflection": "the same words in other forms",
}
"""Why a measure in other words is another outcome, or is not."""


def _rewording(edit: MeasureRewording) -> str:
    word = "Redefined" if edit.redefined else "Reworded"
    reason = _REASON.get(edit.reason)
    return f"{word} ({reason})" if reason else word


def _number(parts: OutcomesRegrouped) -> str:
    """What happened to outcomes that are the same in another number."""
    if len(set(parts.old) | set(parts.new)) == 1:
        return "repeated" if len(parts.new) > len(parts.old) else "no longer repeated"
    return "split" if len(parts.new) > len(parts.old) else "merged"


def _texts(measures: Sequence[str]) -> str:
    return listed([f"“{quote(text, LONG)}”" for text in dict.fromkeys(measures)])


def _time_frame(edit: TimeFrameEdit) -> str:
    named = f"“{quote(edit.measures[0])}”" if edit.count == 1 else _counts(edit.fields)
    return f"Time frame of {named}: {quote(edit.old) or _NOTHING} → {quote(edit.new) or _NOTHING}"


def _descriptions(event: Event, details: OutcomesDetails) -> Iterator[str]:
    """What differs in the description of an outcome that kept its name; of another only that it does."""
    edits = {
        change.path[1]: difference(change.old, change.new)
        for change in event.changes
        if len(change.path) == 3 and change.path[2] == "description" and change.old and change.new
    }
    for name in details.description:
        if edit := edits.get(" ".join(name.split())):
            yield f"Description of “{quote(name, LONG // 2)}”: {edit}"
        else:
            yield f"Described differently: “{quote(name, LONG)}”"


def _outcome(entry: OutcomeEntry) -> str:
    frame = f" [{quote(entry.time_frame)}]" if entry.time_frame else ""
    return f"“{quote(entry.measure, LONG)}”{frame}"


kind_words(
    "primary_outcomes_changed",
    OutcomesDetails,
    title="Primary outcomes",
    headline=_headline,
    lines=_lines,
    news=_news,
    from_details=True,
)
kind_words(
    "secondary_outcomes_changed",
    OutcomesDetails,
    title="Secondary outcomes",
    headline=_headline,
    lines=_lines,
    news=_news,
    from_details=True,
)
kind_words(
    "other_outcomes_changed",
    OutcomesDetails,
    title="Other outcomes",
    headline=_headline,
    lines=_lines,
    news=_news,
    from_details=True,
)
