"""Words as a search compares them, what a record is found by, and what a person's words ask for.

Text and question are folded by the same rule, so that case, accents, hyphens and invisible characters make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.search import BREAK, WHOLE, FoundText, SearchQuery, SearchTerm, SearchTexts
from tracker.text.limits import remembered
from tracker.text.normalize import plain_letters
from tracker.text.tokens import STOP_WORDS

LONGEST_TEXT = 100_000
"""Letters of one record that are searched; the criteria, which come last, are cut where they go beyond."""
_SURELY_SEARCHED = LONGEST_TEXT // 5
"""Letters of texts whose words, with the compounds in them, are not more than that."""
LONGEST_WORD = 64
SHORTEST_BEGINNING = 3
"""Letters from which on a word also finds those that begin with it."""
MOST_FOUND = 3
LONGEST_FOUND = 200
MOST_PARTS = 4

# Chinese and Japanese are written without blanks: each sign is a word, and a word of several a phrase.
_SIGN = "\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_SIGN}]|[^\W_{_SIGN}]+")
_SIGNS = re.compile(f"[{_SIGN}]")
_COMPOUND = re.compile(rf"[^\W_{_SIGN}]+(?:[-'][^\W_{_SIGN}]+)+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
# Most texts are ASCII, where this and a split give the same words as the pattern, in a fifth of the time.
_END = "\x1f"  # of a text among several
_ASCII_WORDS = "".join(sign if sign.isalnum() or sign == _END else " " for sign in map(chr, range(128)))
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


def words(text: str) -> list[str]:
    """The words of a text in order, folded."""
    return _cut(_folded(text))


def compact(text: str) -> str:
    """A number without hyphens, blanks and case."""
    return "".join(words(text))[:LONGEST_WORD]


def search_texts(record: TrialRecord) -> SearchTexts:
    """What a record is found by: numbers, titles, conditions, interventions, sponsors and criteria."""
    given: dict[str, list[str]] = {}
    for field, some in _fields(record):
        if some:
            given.setdefault(_PLACES[field], []).extend(some)
    if sum(map(len, chain.from_iterable(given.values()))) > _SURELY_SEARCHED:
        given = _beginning(given)
    texts = {name: _words_of(every) for name, every in given.items() if name != "numbers"}
    numbers = (_number_words(number) for number in given.get("numbers", ()))
    return SearchTexts(numbers=[word for found in numbers for word in (*found, BREAK)], **texts)


def _beginning(given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The texts up to LONGEST_TEXT letters of their words in all."""
    left = LONGEST_TEXT
    kept: dict[str, list[str]] = {}
    for name, texts in given.items():
        for text in texts:
            if left <= 0:
                return kept
            kept.setdefault(name, []).append(text[: left + 1])
            left -= sum(map(len, _number_words(text) if name == "numbers" else _text_words(text[: left + 1])))
    return kept


def _words_of(texts: Sequence[str]) -> list[str]:
    """The words of some texts with a break behind each, then the compounds in them in one word, each once.

    Texts of ASCII, as most are, are folded and cut all at once.
    """
    plain = [text.replace(_END, " ").lower() for text in texts if text.isascii()]
    cut = f"{_END.join(plain)}{_END}".translate(_ASCII_WORDS)
    found = _long_cut(cut.replace(_END, f" {BREAK} ").split()) if plain else []
    others = [_folded(text) for text in texts if not text.isascii()]
    found += [word for text in others for word in (*_cut(text), BREAK)]
    joined = [text for text in (*plain, *others) if "-" in text or "'" in text]
    if joined:
        parts = [part for part in " ".join(joined).split() if "-" in part or "'" in part]
        for word in dict.fromkeys(word for part in dict.fromkeys(parts) for word in _joined_words(part)):
            found += (word, BREAK)
    return found


def search_query(text: str) -> SearchQuery:
    """What a person's words ask for: each word or its continuation, "words in quotation marks" as they stand.

    Nothing in it is an operator but the quotation marks and a star behind the beginning of a word.
    """
    terms: list[SearchTerm] = []
    for place, part in enumerate(text.translate(_QUOTES).split('"')):
        quoted = place % 2 == 1
        terms += filter(None, (_term(chunk, quoted) for chunk in ([part] if quoted else part.split())))
    telling = [term for term in terms if len(term.words) > 1 or term.words[0] not in STOP_WORDS]
    whole = compact(text)
    return SearchQuery(terms=tuple(telling or terms), whole=whole if any(letter.isdigit() for letter in whole) else "")


def found_texts(record: TrialRecord, query: SearchQuery) -> tuple[FoundText, ...]:
    """The passages of a record that hold what was asked: each adds something that those before it do not have."""
    found: list[FoundText] = []
    missing = set(range(len(query.terms)))
    for field, text in ((field, text) for field, some in _fields(record) for text in some):
        marks = {term: spans for term in sorted(missing) if (spans := _spans(text, query.terms[term]))}
        number = field == "numbers" and bool(query.whole) and compact(text) == query.whole
        if number or marks:
            spans = [(0, len(text))] if number else sorted({span for each in marks.values() for span in each})
            found.append(_passage(field, text, spans))
            missing -= set(range(len(query.terms))) if number else marks.keys()
        if not missing or len(found) == MOST_FOUND:
            break
    return tuple(found)


class _Plain(dict[str, str]):
    """What a sign beyond ASCII is searched as, looked up once each.

    Marks on letters and invisible signs are left out, hyphens and apostrophes are one, and what is no letter is a blank.
    """

    def __missing__(self, sign: str) -> str:
        plain = plain_letters(sign)
        if unicodedata.category(sign) in ("Mn", "Mc", "Me", "Cf"):
            plain = ""
        elif sign in "’‐–":
            plain = "-"
        elif not (plain.isalnum() or _SIGNS.match(plain)):
            plain = " "
        self[sign] = plain
        return plain


_PLAIN = _Plain()


def _folded(text: str) -> str:
    """The text in lower case without accents and invisible characters, which leave no gap."""
    if text.isascii():
        return text.lower()
    return _BEYOND_ASCII.sub(lambda match: _PLAIN[match[0]], unicodedata.normalize("NFKD", text).casefold())


def _cut(folded: str) -> list[str]:
    return _long_cut(folded.translate(_ASCII_WORDS).split() if folded.isascii() else _WORD.findall(folded))


def _long_cut(found: list[str]) -> list[str]:
    """The words, of a long one its beginning."""
    return found if max(map(len, found), default=0) <= LONGEST_WORD else [word[:LONGEST_WORD] for word in found]


def _number_words(number: str) -> list[str]:
    return [f"{WHOLE}{compact(number)}", BREAK, *_text_words(number)]


def _text_words(text: str) -> list[str]:
    """The words, and behind a break compounds in one word: ``PD-1`` is found as ``PD1`` too."""
    folded = _folded(text)
    found = _cut(folded)
    if "-" in folded or "'" in folded:
        parts = (part for part in folded.split() if "-" in part or "'" in part)
        for word in dict.fromkeys(word for part in parts for word in _joined_words(part)):
            found += (BREAK, word)
    return found


@remembered(4096)
def _joined_words(part: str) -> tuple[str, ...]:
    return tuple(word for compound in _COMPOUND.findall(part) for word in _joined(_cut(compound)))


def _joined(parts: list[str]) -> Iterator[str]:
    """Parts of a compound that stand side by side, in one word: of anti-PD-1 antipd, pd1 and antipd1."""
    for start in range(len(parts)):
        for end in range(start + 2, min(start + MOST_PARTS, len(parts)) + 1):
            yield "".join(parts[start:end])[:LONGEST_WORD]
    if len(parts) > MOST_PARTS:
        yield "".join(parts)[:LONGEST_WORD]


_PLACES = {
    "numbers": "numbers",
    "brief_title": "names",
    "official_title": "names",
    "acronym": "names",
    "conditions": "subjects",
    "keywords": "subjects",
    "interventions": "subjects",
    "lead_sponsor": "sponsors",
    "collaborators": "sponsors",
    "criteria": "criteria",
}
"""Where in `SearchTexts` the words of a field stand."""


def _fields(record: TrialRecord) -> Iterator[tuple[str, Collection[str]]]:
    """The texts that are searched, by the name of their field; criteria last."""
    yield "numbers", _numbers(record)
    for name in ("brief_title", "official_title", "acronym"):
        if text := getattr(record, name):
            yield name, (text,)
    yield "conditions", record.conditions or ()
    yield "keywords", record.keywords or ()
    for intervention in record.interventions or ():
        yield "interventions", (intervention.name, *(intervention.other_names or ()))
    if record.lead_sponsor:
        yield "lead_sponsor", (record.lead_sponsor.name,)
    yield "collaborators", [one.name for one in record.collaborators or ()]
    criteria = record.eligibility.criteria if record.eligibility else None
    if criteria:
        yield "criteria", (*criteria.inclusion, *criteria.exclusion, *criteria.other)


def _numbers(record: TrialRecord) -> Collection[str]:
    own = (split_key(record.trial).number, record.nct_number)
    other = (*(record.aliases or ()), *(one.id for one in record.secondary_ids or ()))
    return dict.fromkeys(number for number in (*own, *other) if number)


def _term(chunk: str, quoted: bool) -> SearchTerm | None:
    found = words(chunk)
    if not found:
        return None
    last = found[-1]
    prefix = chunk.rstrip().endswith("*") or (not quoted and last.isalpha() and len(last) >= SHORTEST_BEGINNING)
    joined = "".join(found)[:LONGEST_WORD] if len(found) > 1 and not quoted else ""
    return SearchTerm(words=tuple(found), prefix=prefix, joined=joined)


def _spans(text: str, term: SearchTerm) -> list[tuple[int, int]]:
    """Where a term stands in a text."""
    parts = [(word, match.start(), match.end()) for match in re.finditer(r"[^\W_]+", text) for word in words(match[0])]
    found = []
    for at in range(len(parts)):
        following = parts[at : at + max(len(term.words), MOST_PARTS)]
        for count in range(1, len(following) + 1):
            same = [word for word, _, _ in following[:count]]
            if _fits(same, term):
                found.append((following[0][1], following[count - 1][2]))
                break
    return found


def _fits(same: list[str], term: SearchTerm) -> bool:
    if len(same) == len(term.words) and tuple(same[:-1]) == term.words[:-1]:
        last = term.words[-1]
        if same[-1] == last or (term.prefix and same[-1].startswith(last)):
            return True
    one = term.joined or (term.words[0] if len(term.words) == 1 else "")
    return len(same) <= MOST_PARTS and "".join(same) == one


def _passage(field: str, text: str, spans: list[tuple[int, int]]) -> FoundText:
    """The text, or the part of a long one around the first place."""
    start = 0
    if len(text) > LONGEST_FOUND:
        start = max(0, min(spans[0][0] - LONGEST_FOUND // 3, len(text) - LONGEST_FOUND))
        start = text.find(" ", start, spans[0][0]) + 1 or start
    end = len(text) if len(text) - start <= LONGEST_FOUND else start + LONGEST_FOUND
    before, behind = "…" if start else "", "…" if end < len(text) else ""
    marks: list[tuple[int, int]] = []
    for one, other in spans:
        if other <= end and (not marks or one - start + len(before) >= marks[-1][1]):
            marks.append((one - start + len(before), other - start + len(before)))
    return FoundText(field=field, text=f"{before}{text[start:end]}{behind}", marks=tuple(marks))
