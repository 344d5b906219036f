"""What a search found, in words."""

from __future__ import annotations

from tracker.model.search import FoundText, SearchAnswer, SearchHit
from tracker.render import vocabulary
from tracker.render.safe_text import one_line, plural

_TITLES = {"numbers": "number", "brief_title": "title", "criteria": "who can join"}

Span = tuple[str, bool]
"""A piece of a text, and whether it is what was asked for."""


def status(hit: SearchHit) -> str:
    """Recruitment status, or that the trial is no longer there as such."""
    if hit.merged_into:
        return f"Merged into {one_line(hit.merged_into.partition(':')[2], 40)}"
    if hit.removed_at:
        return "Gone from the registry"
    return vocabulary.status(hit.recruitment_status) if hit.recruitment_status else ""


def place(found: FoundText) -> str:
    """The name of the field in which the words stand."""
    return vocabulary.first_capital(_TITLES.get(found.field) or vocabulary.field_word(found.field))


def spans(found: FoundText) -> list[Span]:
    """The passage in pieces."""
    pieces: list[Span] = []
    done = 0
    for start, end in found.marks:
        pieces += [(found.text[done:start], False), (found.text[start:end], True)]
        done = end
    return [(text, marked) for text, marked in [*pieces, (found.text[done:], False)] if text]


def remarks(found: SearchAnswer) -> list[str]:
    """What is to be said beside the trials: that there are none, that there are more, that some could not be searched."""
    said = []
    if not found.total:
        said.append("No followed trial holds all of these words. Try fewer words, or the beginning of one.")
    elif found.next:
        said.append(f"{plural(found.total, 'trial')} in all; these are the best.")
    if found.unindexed:
        said.append(f"{plural(found.unindexed, 'followed trial')} cannot be searched yet: the next sync takes them in.")
    return said
