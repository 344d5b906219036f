"""The XML in which registries hand their records to WHO: ``trials/trial/main/trial_id`` and so on, and the same as JSON.

What registries have in common is read here; each names its own words of status and the pattern of its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from tracker.extract import who
from tracker.extract.json_reader import sniff_object
from tracker.extract.read_log import ReadLog, canonical_digest, guarded, layout_error, wrong_answer
from tracker.extract.saved_record import day_of, status_of, value_of
from tracker.extract.who_registry import Layout
from tracker.extract.xml_reader import Element, name_of, read_root, sniff_root
from tracker.model import ids
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Organisation,
    OutcomeMeasure,
    SecondaryId,
    TrialRecord,
)
from tracker.model.source import Document, FileEntry, FileTrouble, Parsed
from tracker.text.clean import clean, cleaned

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file: a year of a registry has some ten."""

_IGNORED: Final = frozenset({"main.reg_name", "intervention_code.i_code", "@subjects"})
_OPENS = re.compile(r"<(trial|Triall)(?:\s[^<>]*)?>")
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")


def is_file(layout: Layout, opening: bytes) -> bool:
    """Whether a file that begins like this is in this layout and of this registry."""
    number = re.search(rb"""(?:<trial_id>|"trial_id"\s*:\s*")\s*([^<"]{4,40})""", opening)
    return number is not None and _is_own(layout, number[1].decode("utf-8", "replace"))


def entries(layout: Layout, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
    """The trials of a file, each with its own bytes."""
    body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        yield FileTrouble(name="the file", what=f"it has more than {LARGEST:,} bytes; nothing of it was read")
        return
    if body.lstrip()[:1] == b"{":
        yield _entry(layout, body, "application/json", "the record")
        return
    declared = _DECLARED.match(body.lstrip())
    try:
        text = body.decode(declared[1].decode() if declared else "utf-8")
    except (LookupError, UnicodeDecodeError) as error:
        yield FileTrouble(name="the file", what=f"its text cannot be read ({error})")
        return
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        yield FileTrouble(name="the file", what="it has a document type, which no export has; nothing of it was read")
        return
    number = end = 0
    while found := _OPENS.search(text, end):
        number, closes = number + 1, f"</{found[1]}>"
        end = text.find(closes, found.end()) + len(closes)
        if end < found.end():
            yield FileTrouble(name=f"trial {number}", what="the file ends in the middle of it; download it again")
            return
        yield _entry(layout, text[found.start() : end].encode(), "application/xml", f"trial {number}")


def sniff(layout: Layout, body: bytes) -> str | None:
    """The key of the one trial of this registry in these bytes."""
    flat = _flat_or_none(body)
    number = (flat or {}).get("main.trial_id", [""])[0]
    found = ids.recognise(number)
    return found.key if found and found.source == layout.source else None


def parse(layout: Layout, document: Document) -> Parsed:
    """The record of one trial."""
    with guarded(document):
        flat = _flat(document)
        number = ids.recognise((flat.pop("main.trial_id", [""]))[0])
        if number is None or number.source != layout.source:
            raise layout_error(document, "the field trial_id is not there, or holds no number of this registry")
        if number.key != document.trial:
            raise wrong_answer(document, f"the record is of {number.number}")
        if not (flat.get("main.public_title") or flat.get("main.scientific_title")):
            raise layout_error(document, "its titles are not there")
        return _Record(layout, document, flat).parsed()


def digest(document: Document) -> str:
    """SHA-256 of all that the record says, in whichever order and form."""
    with guarded(document):
        return canonical_digest({path: sorted(texts) for path, texts in _flat(document).items()})


def _is_own(layout: Layout, text: str) -> bool:
    found = ids.recognise(text)
    return found is not None and found.source == layout.source


def _entry(layout: Layout, body: bytes, content_type: str, name: str) -> FileEntry | FileTrouble:
    key = sniff(layout, body)
    if key is None:
        return FileTrouble(name=name, what=f"it is no readable record of {layout.source}")
    flat = _flat_or_none(body) or {}
    dates = [text for path in ("main.date_registration", "main.results_date_posted") for text in flat.get(path, ())]
    return FileEntry(trial=key, body=body, content_type=content_type, latest=max(who.days(dates), default=None))


def _flat_or_none(body: bytes) -> dict[str, list[str]] | None:
    root = sniff_root(body)
    if root is not None:
        trial = _only_trial(root)
        return None if trial is None else _of_element(trial)
    decoded = sniff_object(body)
    return _of_json(decoded) if decoded else None


def _flat(document: Document) -> dict[str, list[str]]:
    """Every text of the record by the path of its element."""
    if document.body.lstrip()[:1] == b"<":
        trial = _only_trial(read_root(document))
        if trial is None:
            raise wrong_answer(document, "the file does not hold one trial")
        return _of_element(trial)
    decoded = sniff_object(document.body)
    if not decoded:
        raise wrong_answer(document, "this is neither XML nor a JSON object")
    return _of_json(decoded)


def _only_trial(root: Element) -> Element | None:
    if name_of(root).casefold() != "trials":
        return root
    found = list(root)
    return found[0] if len(found) == 1 else None


def _of_element(element: Element, path: str = "") -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}
    for inner in element:
        at = f"{path}.{name_of(inner)}" if path else name_of(inner)
        if len(inner):
            for deeper, texts in _of_element(inner, at).items():
                flat.setdefault(deeper, []).extend(texts)
        elif (inner.text or "").strip():
            flat.setdefault(at.casefold(), []).append((inner.text or "").strip())
    return flat


def _of_json(value: Any, path: str = "") -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}
    if isinstance(value, dict):
        for name, inner in value.items():
            for deeper, texts in _of_json(inner, f"{path}.{name}" if path else name).items():
                flat.setdefault(deeper, []).extend(texts)
    elif isinstance(value, list):
        for inner in value:
            for deeper, texts in _of_json(inner, path).items():
                flat.setdefault(deeper, []).extend(texts)
    elif value is not None and str(value).strip():
        flat.setdefault(path.casefold(), []).append(str(value).strip())
    return flat


class _Record:
    """One record being read; what nobody takes is kept and named."""

    def __init__(self, layout: Layout, document: Document, flat: dict[str, list[str]]) -> None:
        self._layout, self._document, self._flat = layout, document, flat
        self._log = ReadLog({})

    def parsed(self) -> Parsed:
        """The record, with what was kept and what could not be read."""
        status, given = self._status()
        record = TrialRecord(
            trial=self._document.trial,
            secondary_ids=self._secondary_ids(),
            url=self._text("main.url"),
            brief_title=self._text("main.public_title"),
            official_title=self._text("main.scientific_title"),
            acronym=self._text("main.acronym"),
            recruitment_status=status,
            recruitment_status_as_given=given,
            start_date=self._start(),
            completion_date=self._day("main.results_date_completed"),
            first_posted=self._day("main.date_registration"),
            results_first_posted=self._day("main.results_date_posted"),
            lead_sponsor=self._sponsor(),
            collaborators=self._organisations("secondary_sponsor.sponsor_name"),
            funders=self._organisations("source_support.source_name"),
            conditions=self._entries("main.hc_freetext"),
            keywords=self._texts("health_condition_keyword.hc_keyword"),
            study_type=self._word("main.study_type", who.study_type),
            phases=self._word("main.phase", who.phases),
            enrollment=self._enrollment(),
            interventions=self._interventions(),
            primary_outcomes=self._outcomes("primary_outcome.prim_outcome"),
            secondary_outcomes=self._outcomes("secondary_outcome.sec_outcome"),
            eligibility=self._eligibility(),
            countries=self._texts("countries.country2"),
            ipd_sharing=self._ipd(),
        )
        self._rest()
        return self._log.parsed(record)

    def _take(self, path: str) -> list[str]:
        return self._flat.pop(path, [])

    def _raw(self, path: str) -> str:
        return "\n".join(self._take(path))

    def _text(self, path: str) -> str | None:
        text = cleaned(self._raw(path))
        return None if text is None or who.says_nothing(text) else text

    def _texts(self, path: str) -> tuple[str, ...] | None:
        found = (clean(text) for text in self._take(path))
        return tuple(dict.fromkeys(text for text in found if text and not who.says_nothing(text))) or None

    def _entries(self, path: str) -> tuple[str, ...] | None:
        return tuple(part.lstrip("- ") for part in who.parts(self._raw(path))) or None

    def _word(self, path: str, read: Any) -> Any:
        return value_of(self._log, path, self._raw(path), read, told=False)

    def _status(self) -> tuple[str | None, str | None]:
        path = "main.recruitment_status"
        return status_of(self._log, path, self._text(path), self._layout.statuses)

    def _day(self, path: str, kind: str | None = None) -> RegistryDate | None:
        return day_of(self._log, path, self._raw(path), kind)

    def _start(self) -> RegistryDate | None:
        given = self._raw("main.type_enrolment")
        kind = {"actual": "ACTUAL", "anticipated": "ESTIMATED"}.get(given.casefold())
        if given and kind is None:
            self._log.note("unknown_word", "main.type_enrolment", given)
        return self._day("main.date_enrolment", kind)

    def _sponsor(self) -> Organisation | None:
        names = self._texts("main.primary_sponsor")
        return Organisation(name="; ".join(names)) if names else None

    def _organisations(self, path: str) -> tuple[Organisation, ...] | None:
        names = self._texts(path)
        return tuple(Organisation(name=name) for name in names) if names else None

    def _secondary_ids(self) -> tuple[SecondaryId, ...] | None:
        """Numbers with their issuers only where each has one: the two lists say nothing of which belongs to which otherwise."""
        path = "secondary_ids.secondary_id"
        numbers, issuers = self._take(f"{path}.sec_id"), self._take(f"{path}.issuing_authority")
        given = (*numbers, *self._take("main.utrn"))
        found = dict.fromkeys(clean(number) for number in given if not who.says_nothing(number))
        named = dict(zip(map(clean, numbers), issuers, strict=True)) if len(numbers) == len(issuers) else {}
        made = [SecondaryId(id=one, type="REGISTRY" if ids.recognise(one) else None, domain=named.get(one)) for one in found]
        return tuple(made) or None

    def _enrollment(self) -> Enrollment | None:
        planned = self._word("main.target_size", who.size)
        actual = self._word("main.results_actual_enrolment", lambda text: who.size(text, "ACTUAL"))
        if planned and actual:
            self._log.keep("main.target_size", planned.count)
        found: Enrollment | None = actual or planned
        return found

    def _interventions(self) -> tuple[Intervention, ...] | None:
        names = self._entries("main.i_freetext")
        return tuple(Intervention(name=name) for name in names) if names else None

    def _outcomes(self, path: str) -> tuple[OutcomeMeasure, ...] | None:
        found = []
        for text in self._take(path):
            for part in who.parts(text) if text.endswith(";") else (clean(text),):
                found += [OutcomeMeasure(measure=part)] if part and not who.says_nothing(part) else []
        return tuple(found) or None

    def _eligibility(self) -> Eligibility | None:
        found = Eligibility(
            criteria=who.both_criteria(self._raw("criteria.inclusion_criteria"), self._raw("criteria.exclusion_criteria")),
            minimum_age=who.age(self._raw("criteria.agemin")),
            maximum_age=who.maximum_age(self._raw("criteria.agemax")),
            sex=self._word("criteria.gender", who.sex),
        )
        return None if found == Eligibility() else found

    def _ipd(self) -> IpdSharing | None:
        said = " ".join(filter(None, (self._text("main.results_ipd_plan"), self._text("main.results_ipd_description"))))
        return IpdSharing(description=said) if said else None

    def _rest(self) -> None:
        """Results, ethics and design as they are given; contact persons are left out, and anything else is named."""
        for path, texts in self._flat.items():
            if path in _IGNORED or path.startswith("contacts.") or ".contact_" in path or path.endswith(".ethics_contact"):
                continue
            known = path.startswith(("main.results_", "ethics_reviews.", "health_condition_code.", "intervention_keyword."))
            if not known and path not in ("main.study_design", "main.scientific_acronym"):
                self._log.note("unknown_field", path, texts[0])
            kept: Sequence[str] = [clean(text) for text in texts]
            self._log.keep(path, kept[0] if len(kept) == 1 else list(kept))
