"""One trial of an export as names and texts: an XML element or a row with its header, under one set of names.

ICTRP writes the same fields under three sets of names: in its XML, in its CSV, and in the CSV of the whole database.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Final

from tracker.extract.read_log import wrong_answer
from tracker.extract.xml_reader import Element, name_of, read_root
from tracker.model.source import Document

_ESCAPED = re.compile(r"_x(00(?:0[9ADad]|20|[aA]0))_")
_BLANKS = re.compile(r"[\s_]+")

ALIASES: Final = {
    # the CSV of the portal
    "source_name": "source_support",
    "ethics_status": "ethics_review_status",
    "ethics_approval_date": "ethics_review_approval_date",
    "ethics_contact_name": "ethics_review_contact_name",
    "ethics_contact_address": "ethics_review_contact_address",
    "ethics_contact_phone": "ethics_review_contact_phone",
    "ethics_contact_email": "ethics_review_contact_email",
    # the CSV of the whole database
    "url": "web_address",
    "secondaryids": "secondary_id",
    "secondary_ids": "secondary_id",
    "conditions": "condition",
    "interventions": "intervention",
    "agemin": "inclusion_agemin",
    "agemax": "inclusion_agemax",
    "gender": "inclusion_gender",
    "secondary_sponsors": "secondary_sponsor",
    "secondary_outcomes": "secondary_outcome",
    "primary_outcomes": "primary_outcome",
    "bridging_flag": "bridging_flag_truefalse",
    "childs": "bridged_childs",
    "date_enrolment": "date_enrollement",
    "results_actual_enrolment": "results_actual_enrollment",
    "public_contact_firstname": "contact_firstname",
    "public_contact_lastname": "contact_lastname",
    "public_contact_address": "contact_address",
    "public_contact_email": "contact_email",
    "public_contact_tel": "contact_tel",
    "public_contact_affiliation": "contact_affiliation",
}
"""Names of the CSV forms -> the name of the field in the XML, in small letters with one underscore between words."""

KNOWN: Final = frozenset({
    "trialid", "last_refreshed_on", "public_title", "scientific_title", "acronym", "primary_sponsor", "date_registration",
    "date_registration3", "export_date", "source_register", "web_address", "recruitment_status", "inclusion_agemin",
    "inclusion_agemax", "inclusion_gender", "date_enrollement", "target_size", "study_type", "study_design", "phase",
    "countries", "condition", "intervention", "primary_outcome",
})  # fmt: skip
"""Names by which the header of a CSV is known."""


CUT_AFTER: Final = 255
"""Characters after which spreadsheets of old cut a text."""

CUT_CSV: Final = f"text/csv; cut={CUT_AFTER}"
"""The content type of a row from a file whose texts were cut."""


def cut_fields(document: Document) -> frozenset[str]:
    """The fields of a row whose text goes on behind where the file ends it. A text that ends in padding is whole."""
    if document.content_type != CUT_CSV:
        return frozenset()
    cells = ((name, undamaged(cell)) for name, cell in _cells(document))
    return frozenset(field_name(name) for name, text in cells if len(text) == CUT_AFTER and not text.endswith("  "))


def field_name(name: str) -> str:
    """A field's one name: ``Source Name``, ``Source_Support`` and ``source_support`` are the same."""
    plain = _BLANKS.sub("_", name.strip().lstrip("\ufeff")).casefold()
    return ALIASES.get(plain, plain)


def fields_of(document: Document) -> dict[str, str]:
    """The trial's fields by name, without those that are empty. Raises AnswerError for bytes that are not one trial."""
    if document.body.lstrip()[:1] == b"<":
        return _of_element(document)
    return _named(document, _cells(document))


def _of_element(document: Document) -> dict[str, str]:
    root = read_root(document)
    if name_of(root) != "Trial":
        trials = [inner for inner in root if name_of(inner) == "Trial"]
        if len(trials) != 1:
            raise wrong_answer(document, f"the file holds {len(trials)} trials, and one is read at a time")
        [root] = trials
    return _named(document, [(name_of(inner), _text(inner)) for inner in root])


def _text(element: Element) -> str:
    """All text of an element; no field of ICTRP holds elements, but one that did would not be lost."""
    return (element.text or "") + "".join(f"{_text(inner)}{inner.tail or ''}" for inner in element)


def _cells(document: Document) -> list[tuple[str, str]]:
    """The names of a row's cells, and what stands in them."""
    try:
        rows = [
            row for row in csv.reader(document.body.decode("utf-8-sig").splitlines(keepends=True)) if any(map(str.strip, row))
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise wrong_answer(document, f"the row cannot be read ({error})") from error
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        raise wrong_answer(document, "this is not a header and one row of as many cells")
    return list(zip(rows[0], rows[1], strict=True))


def undamaged(text: str) -> str:
    """The text without what spreadsheets do to it: line ends written out, and UTF-8 read in another character set."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if text.isascii():
        return text
    for charset, mark in _MISREAD:
        if mark.search(text):
            text = mark.sub(lambda found, charset=charset: _reread(found[0], charset), text)  # type: ignore[misc]
    return text


def _reread(run: str, charset: str) -> str:
    try:
        return run.encode(charset).decode("utf-8")
    except UnicodeError:
        return run


def _misread(charset: str) -> re.Pattern[str]:
    """A sign of two to four bytes in UTF-8, each byte shown as the sign that it is in another character set."""
    signs = {byte: bytes([byte]).decode(charset, "ignore") for byte in range(0x80, 0x100)}

    def one_of(first: int, last: int) -> str:
        return "[" + "".join(re.escape(signs[byte]) for byte in range(first, last)) + "]"

    more = one_of(0x80, 0xC0)
    return re.compile(f"{one_of(0xC2, 0xE0)}{more}|{one_of(0xE0, 0xF0)}{more}{more}|{one_of(0xF0, 0xF5)}{more}{more}{more}")


_MISREAD = tuple((charset, _misread(charset)) for charset in ("cp1252", "mac_roman"))


def _named(document: Document, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in pairs:
        key, value = field_name(name), undamaged(text).strip()
        if not value:
            continue
        if key in found and found[key] != value:
            raise wrong_answer(document, f"the field {key} stands twice, with different texts")
        found[key] = value
    return found


def header_names(row: Sequence[str]) -> list[str] | None:
    """The names of a CSV's header; None for a row that is none."""
    names = [field_name(name) for name in row]
    return names if "trialid" in names and len(KNOWN.intersection(names)) >= 5 else None


def first(fields: Mapping[str, str], *names: str) -> str:
    """The first of some fields that is filled; empty where none is."""
    return next((fields[name] for name in names if fields.get(name)), "")
