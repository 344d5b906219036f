"""What the wording of an outcome measure says beyond its words: how it is counted, from which value on, when, in whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from tracker.text.durations import durations, without_durations
from tracker.text.limits import beginning, remembered
from tracker.text.normalize import plain_signs
from tracker.text.stem import stem
from tracker.text.tokens import STOP_WORDS, tokens, with_usual_names

_COUNTED = "count"
_AGGREGATIONS = {
    stem(word): name
    for name, words in {
        _COUNTED: "number count incidence frequency occurrence percentage percent proportion rate prevalence",
        "mean": "mean average",
        "median": "median",
        "change": "change reduction decrease increase difference",
        "ratio": "ratio",
    }.items()
    for word in tokens(words)
}
_ASIDE = re.compile(r"\([^()]*\)")
_NEGATIONS = frozenset({"without", "not", "no", "non", "never"})
_COMPARED = re.compile(r"\bnon[- ]?inferior\w*|\b(?:vs\.?|versus|compared (?:to|with)) (?:no|non)\b")
"""How an outcome is tested or with whom it is compared, not what it is: "versus no treatment" denies nothing."""

_OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(map(stem, tokens(one))), frozenset(map(stem, tokens(other))))
    for one, other in (
        ("maximum maximal peak cmax highest", "minimum minimal trough nadir cmin lowest"),
        ("increase increased", "decrease decreased reduction reduced"),
        ("systolic", "diastolic"),
        ("fasting", "postprandial"),
        ("investigator", "independent central blinded bicr"),
        ("local", "systemic"),
        ("solicited", "unsolicited"),
        ("complete", "partial"),
        ("acute", "chronic"),
        ("absolute", "relative"),
        ("upper", "lower"),
        ("left", "right"),
        ("minor", "major"),
    )
)
"""Words of which a measure has one or the other; a text with both says nothing by them."""

_QUALIFIERS = frozenset(
    tokens(
        "adequate cardiovascular clinically complete confirmed corrected diastolic durable fatal fasting major meaningful "
        "minimal nocturnal normalised normalized persistent severe successful sustained symptomatic systolic undetectable "
        "unplanned unscheduled"
    )
)
"""Words that count less of the same thing: "complete clearance" is not "clearance"."""
_SERIOUS = re.compile(r"\b(?:serious|severe) adverse (?:event|reaction)|\bsaes?\b")
_RELATED = re.compile(r"\b(?:treatment|drug|device|procedure)[- ]related")
_ADVERSE = re.compile(r"(?<!serious )(?<!severe )\badverse (?:event|reaction)|\baes?\b|\bteaes?\b")

# How registries write "from this value on" and "up to this value"; signs come from `plain_signs`.
_UP = r">=?|(?:greater|higher|more|larger) than(?: or equal to)?|at least|above|exceeding|minimum of"
_DOWN = r"<=?|(?:less|lower|fewer|smaller) than(?: or equal to)?|at most|no more than|not more than|below|under|within"
_VALUE = r"(?<![a-z\d.])\d+(?:\.\d+)?"
_ANY_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BEFORE_VALUE = re.compile(rf"(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\s*(?:an? )?(?:grade |score (?:of )?)?(?P<value>{_VALUE})")
_AFTER_VALUE = re.compile(
    rf"(?P<value>{_VALUE})\s*(?:%|[a-z/]+)?\s*(?:(?P<up>or (?:more|greater|higher|above|worse)|\+(?!\w))"
    rf"|(?P<down>or (?:less|lower|fewer|below)))"
)
_PERCENT_OFF = re.compile(
    rf"(?P<value>{_VALUE})\s*(?:%|percent)\s*(?:or (?:more|greater) )?"
    r"(?:improvement|reduction|decrease|increase|decline|response)"
)
_GRADED = re.compile(r"\b(grade|grades|stage|type|class|level)s? ?(\d+)\b")
_NAMED_VALUE = re.compile(r"\b([a-z]{3,})[- ]?(\d{2,3})\b(?! ?(?:day|week|month|year|hour|min))")
_RESPONSES = frozenset({"acr", "pasi", "easi", "hiscr", "sasi", "asas", "sri", "panss", "madrs"})
_VERSIONED = re.compile(r"\b(?:version|ver|v|recist|ctcae|meddra|edition|dsm|icd|ed)[ .-]*\d+(?:\.\d+)*")

_DEADLINE = re.compile(
    r"\b(?:at or before|on or before|by|within|before) (?:the )?(?:first )?"
    r"(?:(?:hour|day|week|month|year)s? ?\d|\d+(?:\.\d+)?[ -]?(?:hour|day|week|month|year))"
)
_AT_TIME = re.compile(r"\b(?:at|by|within|before|after|through|to|until|over|during)\s+((?:\S+\s*){1,4})")
_EVENT_BY = re.compile(r"\b\S+[- ](?:day|week|month|year)s?\s+(?:\S+\s+){0,2}?(?:survival|mortality|death|relapse|recurrence)")
_TIME_TO = re.compile(r"\btime (?:to|until|from)\b|\bhazards?\b")
_WHICH_SURVIVAL = re.compile(r"\b(overall|[a-z]+(?:[ /]or [a-z]+)?[- ]free) survival\b|\b(os|pfs|dfs|efs|rfs)\b")
_SURVIVALS = {
    "os": "overall",
    "pfs": "progression",
    "dfs": "disease",
    "efs": "event",
    "rfs": "recurrence",
    "relapse": "recurrence",
    "progress": "progression",
}
_SURVIVAL = re.compile(r"\bsurvival\b|\b[opder]fs\b|\bos\b")

_GROUP = re.compile(r"\b(?:in|among|for|of)\s+((?:[^\s,;()]+\s*){1,10})")
_RESTRICTING = frozenset(
    tokens(
        "arm arms cohort cohorts positive negative expressing expression high low mutation mutated mutant wild subgroup subset "
        "subpopulation responders evaluable severe naive pretreated refractory women men male female children adolescents "
        "elderly aged older younger carriers"
    )
)
_AGES = re.compile(r"\b\d+ ?(?:-|to) ?\d+[- ](?:years?|months?)[- ](?:olds?|of age)\b")
_TAIL = re.compile(
    r"\b(?:as )?(?:assessed|measured|defined|determined|evaluated|based|according|using|following|during|compared|when"
    r"|expressed|reported|at|from|between|over|until)\b.*",
    re.DOTALL,
)
_UMBRELLA = re.compile(
    r"^\W*(?:the |overall )*(?:safety|efficacy|effectiveness|tolerability)(?: (?:and|or) (?:safety|efficacy|tolerability))?"
    r"(?: will be| was| is| as)? (?:assessed|measured|evaluated|determined|defined) (?:by|as|with|using)\b"
)
"""What names no outcome by itself: its members stand behind it ("safety assessed by adverse events and laboratory results")."""
_CONJUNCTION = re.compile(r"&|\band/or\b|\band\b|\bor\b")
_JOINED = re.compile(rf"\s*(?:,\s*(?:{_CONJUNCTION.pattern})?|{_CONJUNCTION.pattern})\s*")
_CHOICE = re.compile(r"(?<!\band)\bor\b(?! (?:equal|more|greater|higher|less|lower|worse|before)\b)")
_LABEL = re.compile(r"\b((?:cohort|arm|part|group|phase) \w{1,3}) ?:")
_COMPOSITE = re.compile(r"\bcomposite\b|\bcombined endpoint\b|\bany of\b|\beither\b")
# Parts of a list that name no endpoint of their own.
_NO_MEMBER = frozenset(
    map(
        stem,
        tokens(
            "adverse ae aes sae saes teae teaes "
            "arm arms group groups placebo control safety tolerability severity relationship seriousness causality "
            "nature intensity type frequency incidence number percentage proportion rate mean median change serious treatment "
            "strata overall end constituent component elements "
            "individual clinical each other time duration baseline week day month year "
            "efficacy tolerance cohort part phase period"
        ),
    )
)


_INSTRUMENT = re.compile(
    r"\b((?:[a-z\d]+[- ]){1,3})(?:tolerance |stimulation |challenge |provocation )?"
    r"(?:tests?|scales?|questionnaires?|inventory|index)\b"
)
_NO_INSTRUMENT = frozenset(
    tokens(
        "during using used each total score scores point rating visual global assessment measured based change baseline "
        "tolerance stimulation challenge provocation same after before when will body mass area treatment therapeutic "
        "questions questionnaire diagnostic pregnancy laboratory statistical lab blood log rank sided two one"
    )
)
"""Words before "test" or "scale" that do not say which."""
_STATEMENT = re.compile(
    r"(?<=[.;])\s+(?=to [a-z]+ )|(?:^|(?<=[:;,.] )|(?<=\band )|(?<=\bboth ))\(?[1-9a-d]\)\s+", re.IGNORECASE
)


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What a measure's text says of how it is judged. Times are days; a limit's +1 is "from", its -1 "up to" the number."""

    text: str
    aggregations: frozenset[str]
    negations: frozenset[str]
    words: frozenset[str]
    qualifiers: frozenset[str]
    limits: frozenset[tuple[str, int]]
    grades: frozenset[tuple[str, str]]
    times: tuple[float, ...]
    deadline: bool
    time_to_event: bool
    counted_event: bool
    composite: bool
    population: frozenset[str]
    labels: frozenset[str]
    survivals: frozenset[str]
    """Which events end survival: "progression" of progression-free survival, "overall" for death alone."""

    def opposed(self, other: Wording) -> bool:
        """Whether one says the one and the other the other of two words that exclude each other."""
        return any(_side(self.words, pair) * _side(other.words, pair) < 0 for pair in _OPPOSITES)


def _side(words: frozenset[str], pair: tuple[frozenset[str], frozenset[str]]) -> int:
    return bool(words & pair[0]) - bool(words & pair[1])


@remembered(4096)
def wording(text: str) -> Wording:
    """Read a measure's text."""
    plain = _VERSIONED.sub(" ", " ".join(plain_signs(text).split()))
    timeless = without_durations(plain)
    found = tokens(plain)
    stems = frozenset(map(stem, found))
    aggregations = frozenset(_AGGREGATIONS[word] for word in stems if word in _AGGREGATIONS)
    time_to = bool(_TIME_TO.search(plain))
    return Wording(
        text=plain,
        aggregations=aggregations,
        negations=_NEGATIONS & set(tokens(_COMPARED.sub(" ", _ASIDE.sub(" ", plain)))),
        words=stems | frozenset(found),
        qualifiers=_qualifiers(plain, found),
        limits=frozenset(_limits(timeless)),
        grades=frozenset(_GRADED.findall(timeless)) | frozenset(_named_values(timeless)),
        times=tuple(sorted(_times(plain))),
        deadline=bool(_DEADLINE.search(plain)),
        time_to_event=time_to or bool(_SURVIVAL.search(plain)),
        counted_event=_COUNTED in aggregations and not time_to,
        composite=bool(_COMPOSITE.search(plain)),
        population=_population(plain),
        labels=frozenset(_LABEL.findall(plain)),
        survivals=frozenset(_survivals(plain)),
    )


def _qualifiers(plain: str, words: list[str]) -> frozenset[str]:
    """Words that narrow what counts; "serious" only where no other adverse events are counted."""
    found = _QUALIFIERS & frozenset(words)
    found |= {"related"} if _RELATED.search(plain) else frozenset()
    return found | {"serious"} if _SERIOUS.search(plain) and not _ADVERSE.search(plain) else found


def _times(plain: str) -> set[float]:
    """The times at which the measure is judged; in "24-hour urine" or "6-minute walk" the time is part of the test's name."""
    found = {time for match in _AT_TIME.finditer(plain) for time in durations(match[1])}
    return found | {time for match in _EVENT_BY.finditer(plain) for time in durations(match[0])}


def _survivals(plain: str) -> Iterator[str]:
    for named, short in _WHICH_SURVIVAL.findall(plain):
        event = (named or short).removesuffix("free").rstrip("- ")
        yield _SURVIVALS.get(event, event)


def _limits(text: str) -> list[tuple[str, int]]:
    found = []
    for pattern in (_BEFORE_VALUE, _AFTER_VALUE):
        for match in pattern.finditer(text):
            found.append((_number(match["value"]), 1 if match["up"] else -1))
    found += [(_number(match["value"]), 1) for match in _PERCENT_OFF.finditer(text)]
    return found


def _named_values(text: str) -> list[tuple[str, str]]:
    """Responses that carry their threshold in their name: ACR20, PASI-75."""
    return [(name, value) for name, value in _NAMED_VALUE.findall(text) if name in _RESPONSES]


def _number(text: str) -> str:
    return f"{float(text):g}"


def numbers(text: str) -> frozenset[str]:
    """All numbers of a text, as limits are written."""
    return frozenset(_number(found) for found in _ANY_NUMBER.findall(plain_signs(text)))


def _population(plain: str) -> frozenset[str]:
    """The words that restrict whom the measure is judged in."""
    found: set[str] = set()
    for phrase in _GROUP.findall(plain):
        found |= _RESTRICTING & set(tokens(phrase))
    return frozenset(found | {"aged"} if _AGES.search(plain) else found)


def instruments(text: str) -> frozenset[str]:
    """The words that name the tests, scales and questionnaires of a text."""
    named = (tokens(name) for name in _INSTRUMENT.findall(plain_signs(beginning(text))))
    return frozenset(stem(word) for words in named for word in words if word not in STOP_WORDS and word not in _NO_INSTRUMENT)


def statements(text: str) -> list[str]:
    """The outcomes that one text states one after another, each as a sentence with an aim of its own or behind a number."""
    return [part for part in _STATEMENT.split(text) if part.strip()]


def joints(text: str) -> tuple[tuple[str, str], ...]:
    """The telling word before and after each "and", "or" and comma of a list, in what a measure names first."""
    sides = [[word for found in tokens(part) if _is_member(word := stem(found), found)] for part in list_members(text)]
    return tuple((before[-1], after[0]) for before, after in pairwise(sides) if before and after)


def list_members(text: str, *, choice: bool = False) -> list[str]:
    """The members of a list in what a measure names first; of a ``choice`` only what "or" joins.

    A comma joins only in a list that goes on to "and" or "or": "survival, by central review" is no list.
    """
    listed = _TAIL.sub(" ", _UMBRELLA.sub(" ", _ASIDE.sub(" ", with_usual_names(plain_signs(text)))))
    if choice:
        return _CHOICE.split(listed)
    last = max((found.end() for found in _CONJUNCTION.finditer(listed)), default=0)
    parts = _JOINED.split(listed[:last])
    parts[-1:] = [listed[last:]]
    return parts


def _is_member(word: str, found: str) -> bool:
    """Whether a word in a list names an endpoint of its own."""
    return not (len(found) < 2 or found in STOP_WORDS or found.isdigit() or word in _NO_MEMBER)
