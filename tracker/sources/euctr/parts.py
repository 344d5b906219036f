"""The register's text download cut into the parts of its countries, and each part into its labelled values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tracker.extract.decoding import decode
from tracker.extract.read_log import Reader, canonical_digest, layout_error, wrong_answer
from tracker.model.ids import split_key
from tracker.model.source import Document
from tracker.sources.euctr.results import text_of
from tracker.text.clean import clean

NUMBER: Final = re.compile(r"\d{4}-\d{6}-\d{2}\Z", re.ASCII)
_COUNTRY = re.compile(r"-(?P<code>[A-Z]{2}|3RD)\Z", re.IGNORECASE)
_PART = re.compile(r"^[ \t]*EudraCT Number:[ \t]*(\d{4}-\d{6}-\d{2})[ \t]*$", re.MULTILINE | re.ASCII)
_RUN_TOGETHER = re.compile(r"EudraCT Number:[ \t]*\d{4}-\d{6}-\d{2}\S", re.ASCII)
_SUMMARY = re.compile(r"\n[ \t]{0,20}Summary\Z")
_LONGEST_LABEL = 300
_SECTION = re.compile(
    r"(?:A\. Protocol Information|B\. Sponsor Information|C\. Applicant Identification|D\. IMP Identification"
    r"|E\. General Information on the Trial|F\. Population of Trial Subjects"
    r"|G\. Investigator Networks to be involved in the Trial"
    r"|H\.4 Third Country in which the Trial was first authorised"
    r"|N\. Review by the Competent Authority or Ethics Committee in the country concerned|P\. End of Trial)\Z",
    re.IGNORECASE,
)
_CODED = re.compile(r"(?P<section>[A-HNP])\.(?:\d[\d.]*|IMP|Sponsor)?(?: (?:and|to) [A-Z]\.\d[\d.]*)?(?:[ ]|(?=:))", re.ASCII)
_LANGUAGE = re.compile(r" \((?P<code>[a-z]{2})\)\Z")
_GROUP = re.compile(
    r"(?:(?P<sponsor>(?:B\.)?Sponsor:? \d+)|(?P<imp>D\.IMP: \d+)|(?P<placebo>D\.8 Placebo: \d+)"
    r"|(?P<network>G\.4 Investigator Network to be involved in the Trial: \d+)"
    r"|(?P<term>E\.1\.2 Medical condition or disease under investigation:?))\Z"
)
_GROUP_SECTION = {"sponsor": "B", "imp": "D", "placebo": "D", "network": "G", "term": "E"}
_SUMMARY_LABELS = frozenset(
    {
        "EudraCT Number",
        "Sponsor's Protocol Code Number",
        "National Competent Authority",
        "Clinical Trial Type",
        "Trial Status",
        "Date on which this record was first entered in the EudraCT database",
        "Link",
    }
)
_BARE_HEADINGS = frozenset({"MedDRA Classification", "The IMP is a:"})
_REQUIRED = ("A", "B", "E")
_SAYS_NOTHING = frozenset({"", "information not present in eudract", "reason(s) for unfavourable opinion:"})

Fields = dict[str, Any]
"""Values of a part by the names of their labels: a list of texts each, and under the name of a group its members."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One country's record of a trial: its code (``3RD`` outside the EU/EEA), the country, and what its labels say."""

    code: str
    country: str
    entered: str
    fields: Fields


class PartReader(Reader):
    """The values of one part, or of a sponsor, product or term in it."""

    __slots__ = ()

    def verbatim(self, key: str) -> str | None:
        """The text under a label, its lines as served; one that stands there more than once is joined."""
        values = self._left.pop(key, None)
        return "\n".join(values) if values else None

    def texts(self, key: str) -> tuple[str, ...]:
        """The cleaned texts under a label."""
        return tuple(filter(None, map(clean, self._left.pop(key, ()))))

    def flag(self, key: str) -> bool | None:
        """Yes or No; anything else is an issue."""
        value = self.text(key)
        if value not in (None, "Yes", "No"):
            self._unreadable(key, value)
        return {"Yes": True, "No": False}.get(value or "")

    def count(self, key: str) -> int | None:
        """A whole number; anything else is an issue."""
        value = self.text(key)
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
            self._unreadable(key, value)
            return None
        return int(value)

    def children(self, key: str) -> list[PartReader]:
        """A reader for each member of a group."""
        path = self._at(key)
        return [PartReader(dict(one), f"{path}[]", self._log, in_list=True) for one in self._left.pop(key, ())]

    def beginning(self, prefix: str) -> tuple[str, ...]:
        """The labels that are left and begin so."""
        return tuple(key for key in self._left if key.startswith(prefix))

    def _plain(self, value: Any) -> Any:
        is_texts = isinstance(value, list) and value and isinstance(value[0], str)
        return "\n".join(map(clean, value)) if is_texts else value


def name_of(label: str) -> str:
    """The name of a label: ``E.8.7 Trial has a …`` is ``e8_7_trial_has_a_…``."""
    code, _, words = label.strip().partition(" ")
    plain = f"{code.replace('.', '', 1)} {words}" if re.match(r"[A-Z]\.", code) else label
    return re.sub(r"[^a-z0-9]+", "_", plain.lower().replace("'", "")).strip("_")


def parts_of(document: Document) -> list[Part]:
    """The parts of the trial that was asked for, of one country if its key names one, the first entered first.

    Raises AnswerError when the text is of other trials or is no text of the register, LayoutError when its anchors are gone.
    """
    text = text_of(decode(document.body, document.content_type))
    if text.lstrip()[:1] == "<":
        raise wrong_answer(document, "the answer is a web page")
    blocks = list(_blocks(text))
    if not blocks and _RUN_TOGETHER.search(text):
        raise layout_error(document, "the text has lost its line breaks, so that no value can be told from the next label")
    if not blocks:
        raise wrong_answer(document, "the answer holds no EudraCT number")
    number, code = number_and_country(document.trial)
    own = [block for found, block in blocks if found == number]
    if not own:
        others = dict.fromkeys(found for found, _ in blocks)
        raise wrong_answer(document, f"the answer is the record of {', '.join(list(others)[:3])}")
    made = [_part(document, block) for block in own]
    if code and not (made := [part for part in made if part.code == code]):
        raise wrong_answer(document, f"the trial has no record of {code}")
    return sorted(made, key=lambda part: (part.entered, part.code, canonical_digest(part.fields)))


def number_and_country(trial: str) -> tuple[str, str]:
    """The EudraCT number of a trial's key, and the code of its country where the key names one."""
    number = split_key(trial).number.upper().removeprefix("EUCTR")
    found = _COUNTRY.search(number)
    return (number[: found.start()], found["code"].upper()) if found else (number, "")


def sniffed(text: str) -> str | None:
    """The number of the first part, if a text is a download of full details."""
    found = _PART.search(text)
    return found[1] if found and not text.lstrip().startswith("<") and "A. Protocol Information" in text else None


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each part's number and lines."""
    starts = list(_PART.finditer(text))
    ends = [*(one.start() for one in starts), len(text)][1:]
    for start, end in zip(starts, ends, strict=False):
        yield start[1], _SUMMARY.sub("", text[start.start() : end].rstrip())


def _part(document: Document, block: str) -> Part:
    lines = _Lines()
    for line in block.split("\n"):
        lines.add(line)
    if missing := [f"section {one}" for one in _REQUIRED if one not in lines.sections]:
        raise layout_error(document, f"a part of the answer lacks {', '.join(missing)}")
    fields = _settled(lines.fields)
    link = re.search(r"/trial/[^/]+/(\w{2,3})/?\s*\Z", _first(fields, "link"))
    code = link[1].upper() if link else ""
    authority = _first(fields, "national_competent_authority") or _first(fields, "a1_member_state_concerned")
    country = "Outside EU/EEA" if code == "3RD" or not authority else authority.partition(" - ")[0].strip()
    entered = _first(fields, "date_on_which_this_record_was_first_entered_in_the_eudract_database")
    return Part(code=code, country={"UK": "United Kingdom"}.get(country, country), entered=entered, fields=fields)


def _first(fields: Fields, name: str) -> str:
    return clean(fields[name][0]) if fields.get(name) else ""


class _Lines:
    """Gathers the values of a part line by line: under the open label, in the open sponsor, product or term."""

    def __init__(self) -> None:
        self.fields: Fields = {}
        self.sections = ""
        self._members = self.fields
        self._value: list[str] | None = None

    def add(self, line: str) -> None:
        """A section, a member of a group, a label with its value, or one more line of the open value."""
        plain = " ".join(line.split())
        section = self.sections[-1:]
        if _SECTION.match(plain) and plain[0] > section:
            self.sections += plain[0]
            self._members, self._value = self.fields, None
        elif (group := _GROUP.match(plain)) and section == _GROUP_SECTION[kind := group.lastgroup or ""]:
            self._members, self._value = {}, None
            self.fields.setdefault(kind, []).append(self._members)
        elif plain in _BARE_HEADINGS:
            self._value = None
        elif self._is_label(plain, section):
            self._label(line)
        elif self._value is not None:
            self._value.append(line)
        elif plain:
            self._members.setdefault("text_without_a_label", []).append(line)

    def _is_label(self, plain: str, section: str) -> bool:
        """Codes of another section than the open one are words of a text, as are those without digits (``E. coli``)."""
        if not section:
            return plain.partition(":")[0] in _SUMMARY_LABELS
        if len(re.split("[:?]", plain, maxsplit=1)[0]) > _LONGEST_LABEL:
            return False
        coded = _CODED.match(plain)
        return bool(coded and coded["section"] == section and (section in "NP" or re.match(r"[A-Z]\.(?:\d|IMP)", plain)))

    def _label(self, line: str) -> None:
        mark = re.search(r"[:?]", line)
        label, value = (line[: mark.start()], line[mark.end() :].removeprefix(":")) if mark else (line, "")
        label = " ".join(label.split())
        language = _LANGUAGE.search(label)
        name = name_of(label[: language.start()] if language else label)
        if self._members is not self.fields and self._leaves_group(name):
            self._members = self.fields
        if name.startswith("e1_2_") and (self._members is self.fields or name in self._members):
            self._members = {}  # a term that no line of its own begins
            self.fields.setdefault("term", []).append(self._members)
        self._value = [value]
        self._members.setdefault(f"{name}:{language['code']}" if language else name, []).append(self._value)

    def _leaves_group(self, name: str) -> bool:
        """Terms and products end where the next label is none of theirs; a sponsor ends with its section."""
        if name.startswith("e"):
            return not name.startswith("e1_2_")
        return name == "d8_information_on_placebo"


def _settled(fields: Fields) -> Fields:
    """Values as texts; without those that say nothing, and without translations of what is there in English."""
    made: Fields = {}
    for key, values in fields.items():
        if values and isinstance(values[0], dict):
            made[key] = [_settled(one) for one in values]
            continue
        texts = [value if isinstance(value, str) else "\n".join(value).strip() for value in values]
        if told := [text for text in texts if text.casefold() not in _SAYS_NOTHING]:
            made[key] = told
    return _in_one_language(made)


def _in_one_language(fields: Fields) -> Fields:
    plain = {key: value for key, value in fields.items() if ":" not in key}
    for key, value in fields.items():
        plain.setdefault(key.partition(":")[0], value)
    return plain
