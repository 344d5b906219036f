"""Which trials and changes a reader wants to hear about, by words in their text.

A word counts where it stands whole, whatever its case; blanks and hyphens inside it are the same: ``PD-1`` is ``pd 1``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from tracker.model.event import Event
from tracker.model.personal import PERSONAL_FIELDS
from tracker.model.record import TrialRecord
from tracker.model.watch import About

LONGEST = 100
"""Characters of a word or phrase."""

_MINUSES = "-−–"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_GAP = re.compile(r"[\s-]+")
_PERSONAL_STEP = re.compile(r"contact|phone|e-?mail|official|investigator", re.IGNORECASE)

_FIELDS = (
    *("acronym", "brief_title", "official_title", "brief_summary", "detailed_description", "conditions", "keywords"),
    *("arms", "interventions", "intervention_model_description", "masking_description"),
    *("primary_outcomes", "secondary_outcomes", "other_outcomes", "eligibility", "why_stopped"),
    *("lead_sponsor", "collaborators", "funders", "organization", "sites", "countries", "references", "see_also_links"),
    *("ipd_sharing", "secondary_ids"),
)
"""What of a record is text. Statuses, dates and other words of an enumeration are not, nor are people."""

_NO_TEXT = frozenset({"type", "recruitment_status", "organisation_class", "geo", "domain", *PERSONAL_FIELDS})


class Word(NamedTuple):
    """A word or phrase, and whether it is unwanted."""

    text: str
    unwanted: bool


def about_word(given: str) -> Word | str:
    """A word as a reader writes it, a minus in front of one that is unwanted; or a sentence saying why it is none."""
    unwanted = given[:1] in _MINUSES if given else False
    text = _plain(given[1:] if unwanted else given).strip(" -")
    if not any(letter.isalnum() for letter in text):
        return 'This holds no word. Write one such as "pembrolizumab", or "-paediatric" for one that is unwanted.'
    if len(text) > LONGEST:
        return f"This is longer than {LONGEST} characters. Write a word or a short phrase."
    return Word(text, unwanted)


def about_of(words: Iterable[Word]) -> About:
    """The wanted and the unwanted words."""
    given = list(dict.fromkeys(words))
    return About(
        words=tuple(word.text for word in given if not word.unwanted),
        without=tuple(word.text for word in given if word.unwanted),
    )


def concerns(about: About, event: Event, record: TrialRecord | None) -> bool:
    """Whether an event is one to hear of, by the text of its trial and of what changed.

    Where neither is known, nothing says that it is not.
    """
    if not about:
        return True
    if record is None and not event.changes:
        return True
    in_trial = held(about, record_texts(record)) if record is not None else frozenset()
    return wanted(about, in_trial | held(about, changed_texts(event)))


def wanted(about: About, words: Collection[str]) -> bool:
    """Whether a text that holds these of the words is one to hear of."""
    if any(word in words for word in about.without):
        return False
    return not about.words or any(word in words for word in about.words)


def held(about: About, texts: Iterable[str]) -> frozenset[str]:
    """Those of the words that stand in some of the texts."""
    together = "\n".join(map(_plain, texts))  # no line break is left inside a text, and none is part of a phrase
    return frozenset(word for word in (*about.words, *about.without) if _pattern(word).search(together))


def record_texts(record: TrialRecord) -> Iterator[str]:
    """The texts of a record, without people."""
    for name in _FIELDS:
        yield from _texts(msgspec.to_builtins(getattr(record, name)))


def changed_texts(event: Event) -> Iterator[str]:
    """What changed, before and after, and what it belongs to; without people."""
    for change in event.changes:
        personal = change.path[0] == "rest" and any(_PERSONAL_STEP.search(step) for step in change.path)
        if personal or PERSONAL_FIELDS.intersection(change.path):
            continue
        yield from change.path[1:]
        yield from _texts(change.old)
        yield from _texts(change.new)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                if key not in _NO_TEXT:
                    yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)


@lru_cache(maxsize=1024)
def _pattern(word: str) -> re.Pattern[str]:
    inner = "[ -]+".join(map(re.escape, filter(None, _GAP.split(word))))
    return re.compile(rf"(?<!\w){inner}(?!\w)")


def _plain(text: str) -> str:
    """In one Unicode form, without case, with one kind of hyphen and single blanks."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_DASHES).split())
