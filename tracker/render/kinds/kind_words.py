"""What the words of a change kind are: one object a kind, made beside its sentences and registered under the kind's name.

    kind_words(
        "phases_changed",
        PhasesDetails,
        title="Phase",
        headline=_headline,
        lines=silent,
    )

A function of a kind is given the event and its details, as the struct that `tracker.model.details` has for the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from tracker.model.details import DETAILS, Details
from tracker.model.event import Change, Event
from tracker.model.vocabulary import KindName
from tracker.render.kinds.changes import change_lines
from tracker.render.phrases import listed
from tracker.render.safe_text import one_line
from tracker.render.vocabulary import field_word, first_capital
from tracker.text.normalize import fold

LONGEST = 160
"""Characters of a headline."""

MANY_AT_ONCE = "many at once, may be the registry's fault"
BY_REGISTRY = "changed by the registry, the sponsor sent no update"
"""What is said of a change without a new version of the record."""

CHANGED_BACK = "changed back within 14 days"
"""What is said of a value that is again what it was."""

_QUOTED = re.compile("(“[^”]*(?:”|$))")

_Details = TypeVar("_Details", bound=Details)
_Given = TypeVar("_Given")


class KindWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one change kind.

    ``title`` is its name as a heading. ``headline`` gives the event in one sentence, ``short`` the same within the headline
    of a whole update, ``lines`` what stands below it. Changes of the fields ``compared`` are shown as old and new value.
    ``name_first``: the headline begins with a name, which keeps its capital inside a longer sentence. ``own_spelling``: the
    headline itself says when only the spelling changed. ``combined``: the headline of a whole update may name the event.
    ``news`` is the event in a few words, for subjects and overviews; ``tally`` what such events are counted as, with "(s)"
    where a plural has one. ``introduced`` is the headline where the trial is introduced beside it. ``from_details``: the
    headline is made without the values that changed, unless only the spelling did.
    """

    title: str
    headline: Callable[[Event], str]
    short: Callable[[Event], str]
    lines: Callable[[Event], Iterable[str]]
    news: Callable[[Event], str]
    tally: Callable[[Event], str]
    introduced: Callable[[Event], str]
    compared: frozenset[str] = frozenset()
    name_first: bool = False
    own_spelling: bool = False
    combined: bool = True
    from_details: bool = False


WORDS: dict[str, KindWords] = {}


def kind_words(
    name: KindName,
    details: type[_Details],
    *,
    title: str,
    headline: Callable[[Event, _Details], str],
    short: Callable[[Event, _Details], str] | None = None,
    lines: Callable[[Event, _Details], Iterable[str]] = change_lines,
    news: Callable[[Event, _Details], str] | None = None,
    tally: Callable[[Event, _Details], str] | None = None,
    introduced: Callable[[Event, _Details], str] | None = None,
    compared: Iterable[str] = (),
    name_first: bool = False,
    own_spelling: bool = False,
    combined: bool = True,
    from_details: bool = False,
) -> None:
    """Register the words of a kind. Without ``short``, a combined headline takes the whole sentence; so does ``news``.

    Without ``tally``, events are counted by the name of their kind: "2 results posted", "3 title changes".
    """
    if name in WORDS:
        raise ValueError(f"Two kinds of words are registered for {name!r}.")
    if DETAILS.get(name) is not details:
        raise TypeError(f"{name!r} is not a change kind whose details are {details.__name__}.")
    shortly = _typed(details, short) if short else lambda event: inside(event, headline_of(event))
    WORDS[name] = KindWords(
        title=title,
        headline=_typed(details, headline),
        short=shortly,
        news=_typed(details, news) if news else lambda event: first_capital(shortly(event)),
        tally=_typed(details, tally) if tally else lambda event: _counted_as(event.kind),
        introduced=_typed(details, introduced or headline),
        lines=_typed(details, lines),
        compared=frozenset(compared),
        name_first=name_first,
        own_spelling=own_spelling,
        combined=combined,
        from_details=from_details,
    )


def _counted_as(kind: str) -> str:
    """``title change(s)`` for ``titles_changed``; what is not called a change by its name."""
    what, changed, _ = kind.partition("_changed")
    if not changed:
        return kind.replace("_", " ")
    if what.endswith("ies"):
        what = f"{what[:-3]}y"
    elif what.endswith("s") and not what.endswith("status"):
        what = what[:-1]
    return f"{what.replace('_', ' ')} change(s)"


def silent(_event: Event, _details: Details) -> Iterable[str]:
    """The lines of a kind whose headline says it all, or must not say more."""
    return ()


def words_of(kind: str) -> KindWords:
    """The words of a kind; general ones for a kind that another version of this program stored."""
    return WORDS.get(kind) or _general(kind)


def headline_of(event: Event, *, introduced: bool = False) -> str:
    """The event in one sentence of at most 160 characters; ``introduced``: beside the facts of its trial."""
    words = words_of(event.kind)
    if event.details.spelling_only and not words.own_spelling:
        text = f"{words.title}: {spelling_note(event.changes)}"
    else:
        text = first_capital((words.introduced if introduced else words.headline)(event))
    if event.details.registry_edit and event.severity == "major":
        text = _with_note(text, BY_REGISTRY)
    if event.details.many_at_once:
        text = _with_note(text, MANY_AT_ONCE)
    if event.details.changed_back:
        text = _with_note(text, CHANGED_BACK)
    if event.details.echo_of:
        text = f"The page follows the registry: {inside(event, text)}"
    return one_line(with_one_colon(text), LONGEST)


def with_one_colon(headline: str) -> str:
    """The headline with a dash for each colon of its own after the first; what stands in quotation marks is not its own."""
    if headline.count(": ") < 2:
        return headline
    parts = _QUOTED.split(headline)
    seen = False
    for position in range(0, len(parts), 2):
        before, colon, after = ("", "", parts[position]) if seen else parts[position].partition(": ")
        seen = seen or bool(colon)
        parts[position] = before + colon + after.replace("(before: ", "(was ").replace(": ", " – ")
    return "".join(parts)


def spelling_note(changes: Iterable[Change]) -> str:
    """What may be said of an edit of spelling: of case and punctuation only where the letters are the same."""
    texts = [(change.old, change.new) for change in changes if isinstance(change.old, str) and isinstance(change.new, str)]
    other = any(fold(old) != fold(new) for old, new in texts)
    return "only the spelling changed" if other else "only case or punctuation changed"


def _with_note(text: str, note: str) -> str:
    """The headline with a note behind it; where both are too long for a line, the headline is cut."""
    return f"{one_line(text, LONGEST - len(note) - 2)}; {note}"


def first_effect(event: Event) -> str:
    """The effect that the event is about; empty for kinds without effects."""
    return event.effects[0] if event.effects else ""


def fields_changed(event: Event, limit: int = 3) -> str:
    """The fields that the effects name, as a sentence; without effects only that something of the kind changed."""
    return f"{listed([field_word(effect) for effect in event.effects], limit) or words_of(event.kind).title} changed"


def inside(event: Event, text: str) -> str:
    """An event's sentence as part of a longer one: its first letter small, unless it begins with a name or an acronym."""
    keeps_capital = words_of(event.kind).name_first or not text[1:2].islower()
    return text if keeps_capital else text[:1].lower() + text[1:]


def _typed(details: type[_Details], words: Callable[[Event, _Details], _Given]) -> Callable[[Event], _Given]:
    """The function with the details taken from the event, once it is sure that they are of the kind's type."""

    def call(event: Event) -> _Given:
        if not isinstance(event.details, details):
            raise TypeError(f"An event of kind {event.kind!r} has details of type {type(event.details).__name__}.")
        return words(event, event.details)

    return call


def _general(kind: str) -> KindWords:
    title = first_capital(kind.removesuffix("_changed").replace("_", " "))

    def headline(event: Event) -> str:
        effects = ", ".join(effect.replace("_", " ") for effect in event.effects)
        return one_line(f"{title}: {effects}" if effects else f"{title} changed")

    return KindWords(
        title=title,
        headline=headline,
        short=lambda event: inside(event, headline(event)),
        news=headline,
        tally=lambda event: _counted_as(event.kind),
        introduced=headline,
        lines=_typed(Details, change_lines),
    )
