"""From bytes to one study's XML: the checks that an answer is the study that was asked for, and its digest.

The registry answers with ``allTrials``, which holds a ``fullTrial`` for each study, or with one study by itself; its WHO format
is ``trials``, which holds a ``trial`` for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tracker.extract.read_log import canonical_digest, guarded, layout_error, wrong_answer
from tracker.extract.xml_reader import Element, name_of, plain, read_root, sniff_root
from tracker.model.ids import split_key
from tracker.model.source import Document
from tracker.text.clean import clean

NUMBER: Final = re.compile(r"ISRCTN(\d{8})\Z", re.ASCII)
_ANCHORS = ("trialDescription", "participants")
_VOLATILE = frozenset({"@id", "@version", "parties"})
"""Names that say nothing of the study: numbers of the registry's storage, and how often it was edited."""


def study(document: Document) -> Element:
    """The element of the study: ``fullTrial``, ``trial``, or the ``trial`` of the WHO format.

    Raises AnswerError when the bytes are no study or another one's, LayoutError when its anchors are gone.
    """
    root = read_root(document)
    if name_of(root).lower() == "html":
        raise wrong_answer(document, "the answer is a web page")
    found = list(studies(root))
    if not found:
        what = "no study" if name_of(root) in ("allTrials", "trials") else f"{name_of(root)[:40]}, which is no study"
        raise wrong_answer(document, f"the answer holds {what}")
    number = split_key(document.trial).number
    for element in found:
        if number_of(element) == number:
            _require_anchors(document, element)
            return element
    numbers = [known for element in found if (known := number_of(element))]
    if not numbers:
        raise layout_error(document, "the answer names no ISRCTN number")
    raise wrong_answer(document, f"the answer is the record of {', '.join(numbers[:3])}")


def studies(root: Element) -> Iterator[Element]:
    """The studies of an answer."""
    match name_of(root):
        case "allTrials" | "trials":
            yield from (element for element in root if name_of(element) in ("fullTrial", "trial"))
        case "fullTrial" | "trial":
            yield root


def number_of(element: Element) -> str | None:
    """A study's ISRCTN number; None for what has none."""
    if is_who(element):
        main = inner(element, "main")
        named = inner(main, "trial_id") if main is not None else None
        given = (named.text or "").strip() if named is not None else ""
        return given if NUMBER.match(given) else None
    trial = trial_of(element)
    if trial is None:
        return None
    canonical = trial.attrib.get("publicIdentifierCanonical", "").strip()
    digits = inner(trial, "isrctn")
    given = canonical or f"ISRCTN{(digits.text or '').strip() if digits is not None else ''}"
    return given if NUMBER.match(given) else None


def is_who(element: Element) -> bool:
    """Whether a study is given in the format of the WHO."""
    return name_of(element) == "trial" and inner(element, "main") is not None


def trial_of(element: Element) -> Element | None:
    """The ``trial`` of a study; its sponsors, funders and contacts stand beside it."""
    return element if name_of(element) == "trial" else inner(element, "trial")


def inner(element: Element, name: str) -> Element | None:
    """The first element of that name in another."""
    return next((one for one in element if name_of(one) == name), None)


def digest(document: Document) -> str:
    """SHA-256 (hex) of the study; empty elements, numbers of storage and how a text is escaped do not show."""
    with guarded(document):
        element = study(document)
        return canonical_digest([_settled(plain(element)), _lead(element)])


def sniff(body: bytes) -> str | None:
    """The key of the first study, if the bytes are an answer of the registry."""
    root = sniff_root(body)
    if root is None:
        return None
    numbers = (number_of(element) for element in studies(root))
    number = next((known for known in numbers if known), None)
    return f"isrctn:{number}" if number else None


def _require_anchors(document: Document, element: Element) -> None:
    """A study has one of each part that everything else stands in."""
    held = element if is_who(element) else trial_of(element)
    assert held is not None  # as it has a number
    parts = [(held, name) for name in (("main",) if is_who(element) else _ANCHORS)]
    if held is not element:
        parts.append((element, "trial"))
    counts = {name: sum(name_of(one) == name for one in outer) for outer, name in parts}
    if missing := [name for name, count in counts.items() if not count]:
        raise layout_error(document, f"the answer lacks {', '.join(missing)}")
    if doubled := [name for name, count in counts.items() if count > 1]:
        raise layout_error(document, f"the answer has more than one {', '.join(doubled)}")


def _lead(element: Element) -> str:
    """The name of the sponsor that a study names first, by its number."""
    trial = trial_of(element)
    parties = inner(trial, "parties") if trial is not None else None
    named = inner(parties, "sponsorId") if parties is not None else None
    number = (named.text or "").strip() if named is not None else ""
    lead = next((one for one in element if name_of(one) == "sponsor" and one.attrib.get("id") == number), None)
    name = inner(lead, "organisation") if lead is not None else None
    return clean(name.text or "") if name is not None else ""


def _settled(value: Any) -> Any:
    """Without what is empty or of the registry's storage, and with clean texts."""
    if isinstance(value, dict):
        kept = {name: _settled(part) for name, part in value.items() if name not in _VOLATILE}
        return {name: part for name, part in kept.items() if part not in ("", {}, [])}
    if isinstance(value, list):
        return [part for part in map(_settled, value) if part not in ("", {}, [])]
    return clean(value)
