"""From bytes to one study's JSON: the checks that an answer is the study that was asked for, and its digest.

Texts come as a list with an entry for each language. They become one object here, in English where that is given and else in
German, so that reader and digest see the same.
"""

from __future__ import annotations

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from tracker.extract.json_reader import read_object, sniff_object
from tracker.extract.read_log import canonical_digest, guarded, is_deep, layout_error, wrong_answer
from tracker.model.ids import split_key
from tracker.model.source import Document
from tracker.text.clean import clean

NUMBER: Final = re.compile(r"DRKS\d{8}\Z", re.ASCII)
LANGUAGES: Final = ("en", "de")
"""In the order in which a text is taken."""

_ANCHORS = ("trialDescriptions", "recruitment", "studyCharacteristic")
_TEXTS = {
    "recruitmentDescriptions",
    "studiedHealthConditionDescriptions",
    "characteristicDescriptions",
    "trialDescriptions",
    "trialResultsDescriptions",
}
"""Lists of one object in several languages."""


def trial(document: Document) -> dict[str, Any]:
    """The study's JSON as fresh dicts, each text in one language; one of a list is found by its number.

    Raises AnswerError when the bytes are no study or another one's, LayoutError when its anchors are gone.
    """
    number = split_key(document.trial).number
    served = _in_list(document.body, number)
    if served is None:
        served = read_object(document)
    if is_deep(served):
        raise wrong_answer(document, "the answer is nested too deeply")
    given = served.get("drksId")
    if not isinstance(given, str) or not NUMBER.match(given):
        shape = ", ".join(key[:40] for key in list(served)[:5])
        raise layout_error(document, f"the answer is no study: it has no DRKS number, but {shape or 'nothing'}")
    if given != number:
        raise wrong_answer(document, f"the answer is the record of {given}")
    if not any(served.get(anchor) for anchor in _ANCHORS):
        raise layout_error(document, f"the answer lacks {', '.join(_ANCHORS)}")
    settled = _settled(served)
    assert isinstance(settled, dict)
    return settled


def digest(document: Document) -> str:
    """SHA-256 (hex) of the study; empty values and the order of lists do not show."""
    with guarded(document):
        return canonical_digest(_sorted(trial(document)))


def sniff(body: bytes) -> str | None:
    """The study's key if the bytes are a study's JSON, or a list that begins with one."""
    served = sniff_object(body)
    if not served and body.lstrip()[:1] == b"[":
        served = next(iter(_entries(body)), {})
    number = served.get("drksId")
    known = isinstance(number, str) and NUMBER.match(number) and any(anchor in served for anchor in _ANCHORS)
    return f"drks:{number}" if known else None


def _in_list(body: bytes, number: str) -> dict[str, Any] | None:
    """The study with this number in a list of them."""
    if not body.removeprefix(BOM_UTF8).lstrip().startswith(b"["):
        return None
    return next((entry for entry in _entries(body) if entry.get("drksId") == number), None)


def _entries(body: bytes) -> Iterable[dict[str, Any]]:
    try:
        decoded = msgspec.json.decode(body.removeprefix(BOM_UTF8))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    return [entry for entry in decoded if isinstance(entry, dict)] if isinstance(decoded, list) else []


# --- languages


def _settled(value: Any) -> Any:
    """Each text in one language, the content of a file as its hash, and nothing in place of an empty word."""
    if isinstance(value, list):
        return [_settled(inner) for inner in value]
    if not isinstance(value, dict):
        return None if value == "" else value
    made: dict[str, Any] = {}
    for key, inner in value.items():
        if key in _TEXTS and _is_objects(inner):
            made[key] = _one_language(inner)
        elif key == "observationalGroups" and _is_objects(inner):
            made[key] = _groups(inner)
        elif key == "base64Encoded" and isinstance(inner, str):
            made[key] = hashlib.sha256(inner.encode("utf-8", "surrogatepass")).hexdigest()
        else:
            made[key] = _settled(inner)
    return made


def _is_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _one_language(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The entries of one object as one: each text from the first language that has it.

    An entry in a language that is not known, or a second one in the same, stays whole beside it, so that it is told.
    """
    by_language: dict[str, dict[str, Any]] = {}
    others = []
    for entry in entries:
        at = entry.get("idLocale")
        language = at.get("locale") if isinstance(at, Mapping) and len(at) == 1 else at
        name = "" if language is None else language if isinstance(language, str) else "?"
        if name in by_language or name not in ("", *LANGUAGES):
            others.append(dict(sorted(entry.items())))
        else:
            by_language[name] = {key: inner for key, inner in entry.items() if key != "idLocale"}
    merged: dict[str, Any] = {}
    for name in (*LANGUAGES, ""):
        for key, inner in by_language.get(name, {}).items():
            if _is_blank(merged.get(key)):
                merged[key] = inner
    return merged | ({"inOtherLanguages": others} if others else {})


def _groups(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups of participants by their number, each in one language."""
    by_arm: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        at = entry.get("idArm")
        arm, locale = (at.get("arm"), at.get("locale")) if isinstance(at, Mapping) else (None, None)
        more = {key: inner for key, inner in at.items() if key not in ("arm", "locale")} if isinstance(at, Mapping) else {}
        left = {key: inner for key, inner in entry.items() if key != "idArm"} | more | {"arm": arm}
        name = str(arm) if isinstance(arm, int) else f"#{len(by_arm)}"
        by_arm.setdefault(name, []).append(left | {"idLocale": {"locale": locale}})
    return [_one_language(group) for group in by_arm.values()]


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _sorted(value: Any) -> Any:
    """Without what is empty, with clean texts, and lists in an order of their own."""
    if isinstance(value, dict):
        made = {key: _sorted(inner) for key, inner in value.items()}
        return {key: inner for key, inner in made.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        made_list = [inner for inner in map(_sorted, value) if inner not in (None, "", [], {})]
        return sorted(made_list, key=lambda inner: msgspec.json.encode(inner, order="deterministic"))
    return clean(value) if isinstance(value, str) else value
