"""The words of a text, and its keywords with short forms written out ("PFS" is "progression-free survival").

A short form means what the text itself or the text beside it spells out, from three letters on. Shorter and irregular ones
stand in a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from tracker.text.limits import remembered
from tracker.text.stem import stem

_WORD = re.compile(r"[^\W_]+")
_SHORT = re.compile(r"\b(?=(?:[A-Za-z0-9]*[A-Z]){2})[A-Za-z0-9]{2,8}\b")
_IN_BRACKETS = re.compile(r"\((?=[a-z0-9/-]{0,7}[A-Z])[A-Za-z0-9/-]{2,8}\)")

STOP_WORDS = frozenset(
    _WORD.findall(
        "a an and any as at be by for from has have in into is of on or per that the their this to was were which who will with"
    )
)
_ONLY_WORDS = re.compile(r"[^\W\d_]+(?:[ ’'-]+[^\W\d_]+)*")
_LONGEST_MEANING = 200
_LONGEST_EXPLAINED = 200_000
_MORE_WORDS = 5
_FEWEST_INITIALS = 3  # two letters begin two neighbouring words by chance

_SHORT_FORMS = {
    "6mwd": "6 minute walk distance",
    "6mwt": "6 minute walk test",
    "ae": "adverse event",
    "auc": "area under curve",
    "bp": "blood pressure",
    "cr": "complete response",
    "fev1": "forced expiratory volume in 1 second",
    "orr": "objective response rate",
    "os": "overall survival",
    "pk": "pharmacokinetics",
    "pr": "partial response",
    "qol": "quality of life",
    "sae": "serious adverse event",
    "teae": "treatment emergent adverse event",
}
"""Short forms of the field that no text explains, or that are not made of the first letters of their words."""

_SYNONYMS = {
    "ae": "adverse event",
    "aes": "adverse events",
    "bone density": "bone mineral density",
    "cmax": "maximum concentration",
    "cmin": "minimum concentration",
    "complete remission": "complete response",
    "complete remissions": "complete response",
    "death or disease progression": "progression free survival",
    "disease progression or death": "progression free survival",
    "glycated hemoglobin": "hba1c",
    "glycosylated haemoglobin": "hba1c",
    "glycosylated hemoglobin": "hba1c",
    "haemoglobin a1c": "hba1c",
    "hemoglobin a1c": "hba1c",
    "overall response": "objective response",
    "mortality": "death",
    "partial remission": "partial response",
    "pathologic complete": "pathological complete",
    "peak concentration": "maximum concentration",
    "progression or death": "progression free survival",
    "relapse free": "recurrence free",
    "sae": "serious adverse event",
    "saes": "serious adverse events",
    "teae": "treatment emergent adverse event",
    "teaes": "treatment emergent adverse events",
    "tmax": "time maximum concentration",
    "wound infection": "surgical site infection",
    "wound infections": "surgical site infection",
}
"""Terms that are two names of one thing."""
_SYNONYM = re.compile(rf"\b(?:{'|'.join(_SYNONYMS)})\b")


class _Analysis(msgspec.Struct, frozen=True):
    """What is known of a text: its keywords, and its short forms (True for one in brackets).

    ``runs`` are its words in order, with and without stop words, each with their first letters as one text. ``explained``
    are the short forms in brackets with the words before that they stand for.
    """

    keywords: frozenset[str]
    short_forms: tuple[tuple[str, bool], ...]
    runs: tuple[tuple[list[str], str], ...]
    explained: dict[str, str]


def with_usual_names(text: str) -> str:
    """The text in lower case with one name for each thing that has two."""
    return _SYNONYM.sub(lambda match: _SYNONYMS[match[0]], text.casefold())


def tokens(text: str) -> list[str]:
    """Words and numbers in order, without case and punctuation; accents stay."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def keywords(text: str, other: str) -> frozenset[str]:
    """The words that say what a text is about, short forms written out as it or the ``other`` text does.

    A short form in brackets that nothing explains only repeats what stands before it, and is left out.
    """
    read = _analysed(text)
    if not read.short_forms:
        return read.keywords
    found = set(read.keywords)
    for short, in_brackets in read.short_forms:
        if meaning := _meaning(short, text) or _meaning(short, other):
            found |= meaning
        elif not in_brackets:
            found |= _keywords([short.casefold()])
    return frozenset(found)


def spelled_out(text: str, other: str) -> list[str]:
    """The words of a name as they are written, without stop words; short forms written out as the ``other`` name does."""
    bare = _IN_BRACKETS.sub(" ", unicodedata.normalize("NFKC", text))
    words = tokens(_SHORT.sub(" ", bare))
    for short in _SHORT.findall(bare):
        words += _expansion(short.casefold(), _analysed(other)) or [short.casefold()]
    return [word for word in words if word not in STOP_WORDS]


@remembered(4096)
def _analysed(text: str) -> _Analysis:
    text = unicodedata.normalize("NFKC", text)
    bare = _IN_BRACKETS.sub(" ", text)
    short = [(found.strip("()"), True) for found in _IN_BRACKETS.findall(text)]
    short += [(found, False) for found in _SHORT.findall(bare)]
    rest = _SYNONYM.sub(lambda match: _SYNONYMS[match[0]], " ".join(tokens(_SHORT.sub(" ", bare))))
    every = tokens(bare)
    runs = (every, [word for word in every if word not in STOP_WORDS])
    return _Analysis(
        keywords=_keywords(rest.split()),
        short_forms=tuple(dict.fromkeys(short)),
        runs=tuple((run, "".join(word[0] for word in run)) for run in runs),
        explained={short: text[start:end] for short, start, end in _explained(text)},
    )


def with_short_forms(text: str) -> str:
    """The text with the short form alone where it spells one out: "Body Mass Index (BMI) > 30" is "BMI > 30".

    Only words are left out: with a number or a sign among them, the text stays as it is, and so does a very long one.
    """
    if len(text) > _LONGEST_EXPLAINED:
        return text
    parts, done = [], 0
    for _, start, end in _explained(text):
        if start >= done and _ONLY_WORDS.fullmatch(text, start, end):
            bracket = text.index("(", end)
            parts += [text[done:start], text[bracket + 1 : (done := text.index(")", bracket) + 1) - 1]]
    return "".join([*parts, text[done:]])


def _explained(text: str) -> Iterator[tuple[str, int, int]]:
    """Short forms in brackets, and where the words right before them stand in which every letter of one is found in turn."""
    for found in _IN_BRACKETS.finditer(text):
        short = "".join(letter for letter in found[0].casefold() if letter.isalnum())
        first = max(0, found.start() - _LONGEST_MEANING)
        before = text[first : found.start()].rstrip()
        place = len(before)
        for index in range(len(short) - 1, -1, -1):
            place -= 1
            # The first letter must begin a word, the others may stand anywhere ("inf" for "infinite").
            while place >= 0 and (
                before[place].lower() != short[index] or (index == 0 and place and before[place - 1].isalnum())
            ):
                place -= 1
        if 0 <= place < len(before) and len(before[place:].split()) <= len(short) + _MORE_WORDS:
            yield short, first + place, first + len(before)


@remembered(16384)
def _meaning(short: str, text: str) -> frozenset[str]:
    """The keywords that a short form stands for; none when neither usage nor the text say it."""
    letters = (short[:-1] if short.endswith("s") else short).casefold()  # "AEs"
    if usual := _SHORT_FORMS.get(letters):
        return _keywords(tokens(usual))
    if explained := _analysed(text).explained.get(letters) or _analysed(text).explained.get(short.casefold()):
        return _keywords(tokens(explained))
    return _keywords(_expansion(letters, _analysed(text)))


def _expansion(letters: str, text: _Analysis) -> list[str]:
    """The run of words that begin with these letters: "quality of life" for "qol", but never "at least two" for "alt"."""
    if len(letters) < _FEWEST_INITIALS:
        return []
    for run, initials in text.runs:
        start = initials.find(letters)
        if start >= 0 and not STOP_WORDS & {run[start], run[start + len(letters) - 1]}:
            return run[start : start + len(letters)]
    return []


def _keywords(found: list[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in found if word not in STOP_WORDS)


def singular(word: str) -> str:
    """The word without a plural's ``s``. For names, where a stem would make one of two."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "is", "us")) else word
