"""A page of any site as a record: what stands under the labels, whose page it is, and what could not be read of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tracker.errors import LayoutError
from tracker.extract import pages
from tracker.extract.blocks import Line, html_lines
from tracker.extract.decoding import decode, is_html
from tracker.model import ids
from tracker.model.page_site import CSS, PageSite
from tracker.model.record import SecondaryId, TrialRecord
from tracker.model.source import Document, FoundLabel, Issue, SourceInfo
from tracker.sources.page import labels
from tracker.sources.page.labels import Pair
from tracker.sources.page.terms import RESULTS, SAYS_ALONE, SITE_WORDS, folded
from tracker.sources.page.values import Read, fits, numbers_in, read
from tracker.text.clean import clean

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

NUMBER, STATUS = "trial number", "recruitment status"
_FEW_WORDS = 12
_NO_RANK = 100


@dataclass
class PageReading:
    """A page that has been read."""

    record: TrialRecord
    issues: tuple[Issue, ...]
    readings: tuple[FoundLabel, ...]

    def digest(self, version: int) -> str:
        """SHA-256 (hex) over all that was read, and over what could not be."""
        said = msgspec.structs.replace(self.record, trial="", url=None)
        return hashlib.sha256(msgspec.json.encode((version, said, self.issues))).hexdigest()


def read_page(site: PageSite, info: SourceInfo, document: Document) -> PageReading:
    """The page, read. Raises AnswerError for another trial's, LayoutError for a served one without number or status."""
    pages.refuse_unreadable(document)
    return _PageReader(site, info, document).read()


@dataclass
class _PageReader:
    site: PageSite
    info: SourceInfo
    document: Document
    issues: list[Issue] = field(default_factory=list)
    readings: list[FoundLabel] = field(default_factory=list)

    def read(self) -> PageReading:
        parser = self._parser()
        lines = labels.own_lines(labels.page_lines(self.document))
        declared = self.site.fields
        found = labels.pairs_of(lines, labels.terms_of(declared), lambda name, text: fits(name, text, self.site))
        for name, places in declared.items():
            found += [_selected(parser, name, place, rank) for rank, place in enumerate(places) if place.startswith(CSS)]
        by_field: dict[str, list[Pair]] = {}
        for pair in found:
            by_field.setdefault(pair.field, []).append(pair)
        number = self._number(by_field.pop("nct_number", []), lines, parser)
        values = {name: self._value(name, pairs) for name, pairs in by_field.items()}
        self._require(number, values.get("recruitment_status"))
        for name in declared:
            there = any(pair.texts for pair in by_field.get(name, ()))
            if name not in ("nct_number", "recruitment_status") and not there:
                self._issue("missing_shape", name.replace("_", " "), " / ".join(declared[name]))
        if "results_state" not in declared and values.get("results_state") is None:
            values["results_state"] = self._said_alone(lines)
        if "brief_title" not in declared and values.get("brief_title") is None:
            values["brief_title"] = self._heading(lines)
        self._note_replacements()
        return PageReading(self._record(number, values), tuple(self.issues), tuple(self.readings))

    def _record(self, number: str | None, values: Mapping[str, Any]) -> TrialRecord:
        asked = ids.split_key(self.document.trial).number
        own = asked if asked not in ("", "?") else number or "unknown"
        status, given = values.get("recruitment_status") or (None, None)
        registry = ids.recognise(number) if number else None
        is_nct = registry is not None and registry.source == "ctgov"
        title = next((one.title for one in ids.REGISTRIES if registry and one.source == registry.source), None)
        return TrialRecord(
            trial=f"{self.info.key}:{own}",
            nct_number=number if is_nct else None,
            secondary_ids=(SecondaryId(id=number, type="REGISTRY", domain=title),) if number and not is_nct else None,
            url=self.document.url or None,
            recruitment_status=status,
            recruitment_status_as_given=given if status and given and folded(given) != folded(status) else None,
            **{name: value for name, value in values.items() if name != "recruitment_status"},
        )

    def _value(self, name: str, pairs: Sequence[Pair]) -> Any:
        """What the field's most exact labels say, all of them alike. What they say in different ways is not believed."""
        read_pairs = [(pair, self._read(pair)) for pair in pairs]
        said = [(pair, one) for pair, one in read_pairs if one.value is not None]
        broken = [pair.rank for pair, one in read_pairs if pair.declared and one.value is None and one.trouble]
        if said and min(broken, default=_NO_RANK) > min(pair.rank for pair, _ in said):
            best = min((pair.rank, one.trouble is not None) for pair, one in said)
            said = [(pair, one) for pair, one in said if (pair.rank, one.trouble is not None) == best]
            if any(one.value != said[0][1].value for _, one in said):
                self._issue("unreadable_value", _path(name, said[0][0]), " / ".join(" ".join(pair.texts) for pair, _ in said))
                return None
            pair, one = said[0]
            self.readings.append(FoundLabel(field=name, label=pair.label, value="; ".join(pair.texts)))
            if one.trouble:
                self._issue(one.trouble, _path(name, pair), " ".join(pair.texts))
            return one.value
        for pair, one in read_pairs:
            if one.trouble and (pair.declared or pair.beside or len(" ".join(pair.texts).split()) <= _FEW_WORDS):
                self._issue(one.trouble, _path(name, pair), " ".join(pair.texts))
                break
        return None

    def _read(self, pair: Pair) -> Read:
        if pair.endless:
            return Read(trouble="unreadable_value")
        return read(pair.field, pair.texts, pair.label, self.site)

    def _number(self, pairs: Sequence[Pair], lines: Sequence[Line], parser: LexborHTMLParser | None) -> str | None:
        """The trial's number, as the page states it under a label, in its title or its address, or as the only one it has.

        Raises AnswerError where that is another trial's than was asked for.
        """
        known = ids.recognise(ids.split_key(self.document.trial).number)
        asked = known.number if known else None
        for stated, sure in self._statements(pairs, lines, parser):
            numbers = tuple(dict.fromkeys(stated))
            if asked in numbers:
                return asked
            if numbers and asked:
                if sure:
                    raise pages.wrong_trial(self.document, numbers[0])
                return None
            if len(numbers) == 1:
                return numbers[0]
        return None

    def _statements(
        self, pairs: Sequence[Pair], lines: Sequence[Line], parser: LexborHTMLParser | None
    ) -> Iterable[tuple[Sequence[str], bool]]:
        home = self.site.home
        for rank in sorted({pair.rank for pair in pairs}):
            some = [number for pair in pairs if pair.rank == rank for number in self._read(pair).value or ()]  # type: ignore[attr-defined]
            for pair in pairs:
                if pair.rank == rank and some:
                    self.readings.append(FoundLabel(field="nct_number", label=pair.label, value="; ".join(pair.texts)))
            yield some, True
        yield [number for line in lines if line.level == 1 for number in numbers_in(line.text, home)], True
        yield numbers_in(_named_by(parser), home) if parser else (), True
        yield [number for line in lines for number in numbers_in(line.text, home)], False

    def _require(self, number: str | None, status: object) -> None:
        """Number and status are what a page is known by: a served one without them is no news of the trial."""
        served = self.document.url.startswith(("http://", "https://"))
        for missing, there in ((NUMBER, number), (STATUS, status)):
            if there is not None:
                continue
            if served:
                raise self._layout_error(missing)
            self._issue("missing_shape", missing)

    def _layout_error(self, missing: str) -> LayoutError:
        error = pages.layout_error(self.document, missing)
        places = self.site.fields.get("nct_number" if missing == NUMBER else "recruitment_status")
        looked = f" It was looked for under {' and '.join(map(repr, places))}." if places else ""
        remedy = f"{error.remedy}{looked} Where it stands can be said under `fields` of its [[page]] in the configuration."
        return LayoutError(error.message, remedy=remedy, source=self.info.key, trial=self.document.trial, url=self.document.url)

    def _said_alone(self, lines: Sequence[Line]) -> str | None:
        """How it stands with the results where a line of its own says it, without a label."""
        words = {folded(line.plain): line.plain for line in lines if folded(line.plain) in SAYS_ALONE}
        known = {RESULTS[word[:1].upper() + word[1:]] for word in words}
        if len(known) > 1:
            self._issue("unreadable_value", "results state", " / ".join(words.values()))
        return known.pop() if len(known) == 1 else None

    def _heading(self, lines: Sequence[Line]) -> str | None:
        """The page's only main heading, if it names the trial and not the site or the kind of page."""
        headings = {clean(line.text) for line in lines if line.level == 1} - {""}
        title = headings.pop() if len(headings) == 1 else None
        words = set(re.findall(r"[a-z]+", title.casefold())) if title else set()
        return None if words <= SITE_WORDS or folded(title or "") == folded(self.site.title) else title

    def _parser(self) -> LexborHTMLParser | None:
        if not is_html(self.document.body, self.document.content_type):
            return None
        from selectolax.lexbor import LexborHTMLParser  # here, because most commands read no page

        return LexborHTMLParser(decode(self.document.body, self.document.content_type))

    def _note_replacements(self) -> None:
        text = decode(self.document.body, self.document.content_type)
        where = text.find("\ufffd")
        if where >= 0:
            self._issue("unreadable_value", "character set", " ".join(text[max(0, where - 30) : where + 30].split()))

    def _issue(self, code: str, path: str, value: str = "") -> None:
        self.issues.append(Issue(code=code, path=path, value=value[:200]))


def _path(name: str, pair: Pair) -> str:
    return f"{name.replace('_', ' ')} / {pair.label}"


def _selected(parser: LexborHTMLParser | None, name: str, place: str, rank: int) -> Pair:
    """What a CSS selector finds on the page: the text of each element, alike ones once."""
    nodes = parser.css(place.removeprefix(CSS).strip()) if parser else []
    texts = tuple(dict.fromkeys(text for node in nodes if (text := _text_of(node.html or "", several=name == "conditions"))))
    if len(texts) > 1 and name not in ("conditions", "nct_number"):
        return Pair(name, place, texts, rank, declared=True, beside=True, endless=True)
    return Pair(name, place, tuple(part for text in texts for part in text.split("\n")), rank, declared=True, beside=True)


def _text_of(html: str, *, several: bool) -> str:
    lines = [line.text for line in html_lines(html)]
    return ("\n" if several else " ").join(lines)


def _named_by(parser: LexborHTMLParser) -> str:
    """What the page's head says of its own address and title."""
    link, title = parser.css_first('link[rel="canonical"]'), parser.css_first("head title")
    address = (link.attributes.get("href") or "") if link else ""
    return f"{address} {title.text() if title else ''}"
