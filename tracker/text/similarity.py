"""Are two texts the same thing in other words, and how similar are they? Which of many belong together says `pairing`."""

from __future__ import annotations

import re
from itertools import pairwise

from tracker.text.limits import beginning, remembered
from tracker.text.normalize import same_words
from tracker.text.stem import stem
from tracker.text.tokens import STOP_WORDS, keywords, tokens

CONTAINED = 0.75
OVERLAPPING = 0.5
_PHRASE = re.compile(r"[,;:()\[\]/.]")

# What any measure may be counted in or taken at: alone these words say nothing of what is measured.
_UNITS = frozenset(
    stem(word)
    for word in tokens(
        "absolute after arm assessed baseline change changes cohort count day days defined determine determined during each "
        "evaluate evaluated experience experiencing first frequency group hour hours incidence index last level levels mean "
        "measure measured median month months number occurrence part participant period percent phase post rate ratio scale "
        "score study time total value week year"
    )
)
# Words that many measures share whatever they measure: alone they do not make two of them the same.
_GENERIC = _UNITS | {stem(word) for word in tokens("adverse dose event level questionnaire treatment")}
_ONE_UNIT = {
    stem(word): stem(unit)
    for unit, words in {
        "participant": "individual patient people person subject volunteer",
        "number": "count percent percentage proportion share",
    }.items()
    for word in tokens(words)
}
"""Units of one quantity: the percentage of patients and the number of participants are counted alike."""
_HEAD_WORDS = 2
_TAIL = re.compile(
    r"\s(?:as\s+)?(?:assessed|measured|defined|determined|evaluated|based|according|using|by|per|during|over|from|at|when"
    r"|after|following|compared|in\s+(?:participants|patients|subjects))\b|\s?[(\[;:]",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*(?:primary|secondary|interim|main|final)(?: \w+)? ?: ?", re.IGNORECASE)
"""What announces a measure: "Interim analysis: ..."."""
_INSTRUMENT = re.compile(
    r"\b(?:assessed|measured|defined|determined|evaluated|based)\s+(?:by|on|as|with|using|via)\s+([^,;()\[\]]+)", re.IGNORECASE
)
# How a measure is introduced, compared and analysed, and by which general rule it is graded.
_FRAME = frozenset(
    stem(word)
    for word in tokens(
        "aim analysis clinical common compare comparison criteria demonstrate demonstration effect effective efficacy endpoint "
        "error estimate evaluation explore full full intention interim itt investigate kaplan least ls meier objective outcome "
        "overall placebo population primary protocol se secondary set show solid squares standard terminology test tumor "
        "versus vs recist ctcae"
    )
)


_NO_PHRASE = (
    _GENERIC | (_FRAME - {stem("clinical"), stem("test")}) | frozenset(map(stem, STOP_WORDS)) | {stem("free"), *_ONE_UNIT}
)


def similarity(one: str, other: str, contained: float = CONTAINED) -> float:
    """0 when two texts are not the same thing; else how similar they are, up to 1.

    The same thing: three quarters (``contained``) of the shorter one's words are in the longer, or they share half of
    all their words; and the same holds when the words that any measure may have are left out. Of a text that has no other
    words, the words with some meaning (adverse event) decide. Of very long texts only the beginning is read.
    """
    if same_words(one, other):
        return 1.0
    one, other = beginning(one), beginning(other)
    left, right = measured_words(one, other), measured_words(other, one)
    core_left, core_right = telling_words(left), telling_words(right)
    if core_left and core_right:
        alike = _alike(left, right, contained) and _alike(core_left, core_right, contained, small=True)
    else:
        alike = _alike(left - _UNITS or left, right - _UNITS or right, contained)
    return len(left & right) / len(left | right) if alike else 0.0


def measure_likeness(one: str, other: str) -> float:
    """As `similarity`, for two outcome measures: what is measured decides, however it is framed.

    One telling word is enough where it is the subject ("Pain" of "Pain at rest"), and so is what a text names first, or
    the instrument it is measured by, where the other text has all of it.
    """
    if alike := similarity(one, other):
        return alike
    one, other = beginning(one), beginning(other)
    left, right = measured_words(one, other), measured_words(other, one)
    core_left, core_right = telling_words(left) - _FRAME, telling_words(right) - _FRAME
    if not core_left or not core_right:
        return 0.0
    is_alike = (
        _alike(core_left, core_right, CONTAINED)
        or _is_subject(core_left, other, core_right)
        or _is_subject(core_right, one, core_left)
        or _named_in(one, other, core_right)
        or _named_in(other, one, core_left)
    )
    return len(left & right) / len(left | right) if is_alike else 0.0


def _named_in(text: str, other: str, words: frozenset[str]) -> bool:
    """Whether another text has all telling words, at least two, of what a text names first or of its instrument."""
    for part in (head(text), *_INSTRUMENT.findall(text)):
        telling = telling_words(measured_words(head(part), other)) - _FRAME
        if len(telling) >= _HEAD_WORDS and telling <= words:
            return True
    return False


def measured_words(text: str, other: str) -> frozenset[str]:
    """The stems of a measure's words, with units of one quantity as one word."""
    return frozenset(_ONE_UNIT.get(word, word) for word in keywords(text, other))


def telling_words(words: frozenset[str]) -> frozenset[str]:
    """The words that say what is measured: without numbers and what any measure may have."""
    return frozenset(word for word in words - _GENERIC if not word.isdigit())


def head(text: str) -> str:
    """What a text names first, without how, when and in whom it is measured."""
    return _TAIL.split(_LABEL.sub("", text), maxsplit=1)[0]


def share_a_phrase(one: str, other: str) -> bool:
    """Whether two texts have two neighbouring words in common that say what is measured ("clinical remission").

    So do three such words anywhere, where they are half of the shorter text's.
    """
    one, other = beginning(one), beginning(other)
    if _phrases(one) & _phrases(other):
        return True
    left, right = (telling_words(measured_words(*texts)) - _FRAME for texts in ((one, other), (other, one)))
    return len(left & right) >= max(3, min(len(left), len(right)) / 2)


def is_told_in(measure: str, description: str) -> bool:
    """Whether a description has every word that says what a measure measures; of five and more, four fifths."""
    measure, description = beginning(measure), beginning(description)
    told = telling_words(measured_words(measure, description)) - _FRAME
    known = told & measured_words(description, measure)
    return bool(told) and (known == told or (len(told) >= 5 and 5 * len(known) >= 4 * len(told)))


@remembered(4096)
def _phrases(text: str) -> frozenset[tuple[str, str]]:
    """Neighbouring words of a text, of which neither could stand in any measure."""
    found: set[tuple[str, str]] = set()
    for phrase in _PHRASE.split(text):
        stems = [stem(word.rstrip("0123456789") or word) for word in tokens(phrase)]  # ACR20 and ACR50 are one response
        found |= {
            (word, following)
            for word, following in pairwise(stems)
            if not {word, following} & _NO_PHRASE and not word.isdigit() and not following.isdigit()
        }
    return frozenset(found)


def _is_subject(core: frozenset[str], longer: str, words: frozenset[str]) -> bool:
    """Whether the one telling word of a text is what a longer text is about, not part of another thing's name.

    "Pain" is the subject of "Pain at rest", and not of "Pain medication use".
    """
    return len(core) == 1 and core <= words and core <= _subjects(longer)


@remembered(4096)
def _subjects(text: str) -> frozenset[str]:
    """The stems of words that end a noun phrase: nothing follows, or a mark, a stop word or a word of any measure."""
    found = set()
    for phrase in _PHRASE.split(text):
        for word, following in pairwise([*tokens(phrase), ""]):
            if not following or following in STOP_WORDS or stem(following) in _GENERIC:
                found.add(stem(word))
    return frozenset(found)


def _alike(left: frozenset[str], right: frozenset[str], share: float, *, small: bool = False) -> bool:
    shared, smaller = len(left & right), min(len(left), len(right))
    if not shared:
        return False
    contained = (smaller >= 2 or small) and shared >= share * smaller
    return contained or shared >= OVERLAPPING * len(left | right)
