"""List marks: which signs before a line only order it, and which belong to what it says.

"c. difficile", "- 5 °C", "[18]F-FDG", "2. Line therapy" and "*2 allele" begin like list items and are none. A bullet is a
mark by itself; a number or a letter is one where it counts on with its neighbours, or where the line is the list's first or
only one. After one mark, a second is one only where its neighbours bear it out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import msgspec

_DEEPEST = 3  # "* 1. (a) text"
_LARGEST_STEP = 3  # between two numbers of one list: an entry or two may have been taken out
_BULLET = re.compile(r"(?:[•·●▪◦‣■□➢✓]+\s*|\#+\s+|\*+(?:\s+|\Z))")
_BARE_STAR = re.compile(r"\*+(?=\w)")
_DASH = re.compile(r"([-–—+])(?:\s+|(?=[^\W\d_]))")
_HOLLOW = re.compile(r"(o)\s+(?=\S)")
_ORDINAL = re.compile(
    r"""(?P<open>[(\[]?)
        (?P<value>\d{1,2}(?:\.\d{1,2})*|[A-Za-z]|[ivxIVX]{1,4})
        (?P<close>[.)\]])
        (?P<blank>\s*)""",
    re.VERBOSE,
)
_MAY_BE_MARK = re.compile(r"[\W\d]|o\s|[A-Za-z]{1,4}[.)\]]")  # as all of them begin; most lines do not
_ROMAN = {
    word: number for number, word in enumerate(re.findall(r"\w+", "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv"), 1)
}
_NEGATIVE = re.compile(r"-ve\b", re.IGNORECASE)

_Trust = Literal["sure", "by_neighbour", "by_count"]


class _Mark(msgspec.Struct, frozen=True):
    """What may be a mark: where it ends, its style, and by what it is one. ``values`` are its numbers, read in every way."""

    end: int
    style: str
    trust: _Trust
    values: Mapping[str, tuple[int, ...]] = {}
    opens: bool = False
    """Whether the text after it begins as a sentence does."""

    @property
    def is_first(self) -> bool:
        """Whether a list may begin with it: 1, a, i."""
        return (1,) in self.values.values()


_STAR = _Mark(2, "bullet", "sure")  # the commonest by far
_LONGEST_MARK = 8  # signs before the first blank; a longer first word is looked at by itself


def without_marks(lines: Sequence[str]) -> list[tuple[str, bool]]:
    """The lines of one list without their marks, and whether each had one."""
    texts = list(lines)
    taken = [""] * len(texts)  # the styles of the marks that a line has lost
    open_ends: Iterable[int] = range(len(texts))
    for depth in range(_DEEPEST):
        marks = {number: mark for number in open_ends if (mark := _mark(texts[number]))}
        if not marks:
            break
        if depth or any(mark.trust != "sure" for mark in marks.values()):
            level = _Level(marks, taken, depth, len(texts))
            marks = {number: mark for number, mark in marks.items() if level.is_mark(number)}
        for number, mark in marks.items():
            texts[number] = texts[number][mark.end :].strip()
            taken[number] += f"{mark.style}\n"
        open_ends = marks
    return [(text, bool(styles)) for text, styles in zip(texts, taken, strict=True)]


def without_any_mark(line: str) -> str:
    """The line without anything that could be a mark, for a look at what stands behind."""
    for _ in range(_DEEPEST):
        mark = _mark(line)
        if mark is None:
            break
        line = line[mark.end :].strip()
    return line


def _mark(line: str) -> _Mark | None:
    """What a line that begins as marks do begins with, if that may be one."""
    if line.startswith("* ") and not line[2:3].isspace():
        return _STAR
    if not _MAY_BE_MARK.match(line):
        return None
    blank = line.find(" ", 0, _LONGEST_MARK)
    # A mark ends with its blank at the latest, and what it may be shows in the sign behind: the rest of the line is not asked.
    if blank > 0 and not line[blank + 1 : blank + 2].isspace():
        return _mark_of_beginning(line[: blank + 2])
    return _mark_of(line)


def _mark_of(line: str) -> _Mark | None:
    if match := _BULLET.match(line):
        return _Mark(match.end(), "bullet", "sure")
    if match := _BARE_STAR.match(line):
        return _Mark(match.end(), "*", "by_neighbour" if line[match.end()].isdigit() else "sure")
    if (match := _DASH.match(line)) and not _NEGATIVE.match(line):
        number_follows = line[match.end() : match.end() + 1].isdigit()
        return _Mark(match.end(), match[1], "by_neighbour" if number_follows else "sure")
    if match := _HOLLOW.match(line):
        return _Mark(match.end(), "o", "sure" if line[match.end()].isupper() else "by_neighbour")
    match = _ORDINAL.match(line)
    return _ordinal(match, line[match.end() :]) if match else None


_mark_of_beginning = lru_cache(maxsize=2_048)(_mark_of)


def _ordinal(match: re.Match[str], rest: str) -> _Mark | None:
    opening, value, closing = match["open"], match["value"], match["close"]
    if (opening, closing) not in {("", "."), ("", ")"), ("(", ")"), ("[", "]")}:
        return None
    if value.isalpha() and (closing == "]" or not match["blank"] or (value.isupper() and not opening and closing == ".")):
        return None  # "E. coli", "A.B."
    if not match["blank"] and not rest[:1].isalpha() and closing != "]":
        return None  # "1.5 times"
    values: dict[str, tuple[int, ...]] = {}
    if value.isalpha():
        if len(value) == 1:
            values["letter"] = (ord(value.lower()) - ord("a") + 1,)
        if value.lower() in _ROMAN:
            values["roman"] = (_ROMAN[value.lower()],)
        if not values:
            return None
    else:
        values["number"] = tuple(map(int, value.split(".")))
    opens = rest[:1].isupper() and bool(match["blank"])
    case = "A" if value.isupper() else ""
    return _Mark(match.end(), f"{opening}{closing}{case}", "by_count", values, opens)


class _Level:
    """What the lines of a list begin with, once they have lost ``depth`` marks: judged by one another."""

    def __init__(self, marks: Mapping[int, _Mark], taken: Sequence[str], depth: int, size: int) -> None:
        self._marks = marks
        self._kinds = {number: taken[number] + mark.style for number, mark in marks.items()}
        self._depth = depth
        self._size = size
        self._sure = {self._kinds[number] for number, mark in marks.items() if mark.trust == "sure"}
        self._counting = _counting([(number, self._kinds[number], mark) for number, mark in marks.items()])
        self._counted = {self._kinds[number] for number in self._counting}

    def is_mark(self, number: int) -> bool:
        """Whether the line's sign only orders it."""
        mark = self._marks[number]
        if mark.trust == "by_count":
            return number in self._counting or self._may_stand_alone(number)
        if not self._depth:
            return mark.trust == "sure" or self._kinds[number] in self._sure
        near = [one for one in (number - 1, number + 1) if one in self._marks and self._kinds[one] == self._kinds[number]]
        return any(self._marks[one].trust == "sure" for one in near)

    def _may_stand_alone(self, number: int) -> bool:
        """Whether a number or letter that does not count on is a mark all the same, with a sentence after it.

        The first one is at the beginning of a list, and where others of its style count on; and the only line of a list
        may have any, but for "2. Line therapy" and "[11] C-choline".
        """
        mark = self._marks[number]
        if not mark.opens:
            return False
        if self._size == 1 and not self._depth:
            return mark.is_first or mark.style not in (".", "[]") or len(mark.values.get("number", (0, 0))) > 1
        return mark.is_first and (self._kinds[number] in self._counted or (not number and not self._depth) or self._size == 1)


def _counting(marks: Iterable[tuple[int, str, _Mark]]) -> set[int]:
    """The lines whose numbers belong to a run of their kind in which at least one follows directly on another."""
    series: dict[tuple[str, str], list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for number, kind, mark in marks:
        for reading, value in mark.values.items():
            series[kind, reading].append((number, value))
    counting: set[int] = set()
    for members in series.values():
        if len(members) > 1 and all(_step(one, other) == 1 for (_, one), (_, other) in pairwise(members)):
            counting.update(number for number, _ in members)  # as most do: one run
        else:
            counting.update(number for run in _runs(members) if run.direct for number in run.lines)
    return counting


class _Run(msgspec.Struct):
    """Lines whose numbers go on from one another; ``direct`` when at least one is the very next."""

    lines: list[int]
    last: tuple[int, ...]
    direct: bool = False


def _runs(members: Iterable[tuple[int, tuple[int, ...]]]) -> list[_Run]:
    """The numbers of a list as runs; a list within another interrupts it, and the outer one goes on after it."""
    every: list[_Run] = []
    open_runs: list[_Run] = []
    for number, value in members:
        steps = [_step(run.last, value) for run in open_runs]
        exact = [depth for depth, step in enumerate(steps) if step == 1]
        here = exact or ([len(steps) - 1] if steps and steps[-1] is not None else [])  # a gap only in the innermost one
        if not here:
            run = _Run([number], value)
            every.append(run)
            open_runs = [*open_runs[-_DEEPEST:], run]
            continue
        depth = here[-1]
        run = open_runs[depth]
        run.direct = run.direct or bool(exact)
        run.lines.append(number)
        run.last = value
        open_runs = open_runs[: depth + 1]
    return every


def _step(before: tuple[int, ...], after: tuple[int, ...]) -> int | None:
    """How far one number is from the last: 1 from "1." to "2." and to "1.1."; None when it does not go on from there."""
    if len(after) > len(before):
        return after[-1] if after[:-1] == before else None
    depth = len(after) - 1
    step = after[depth] - before[depth]
    goes_on = after[:depth] == before[:depth] and (0 if len(after) == len(before) else 1) <= step <= _LARGEST_STEP
    return step if goes_on else None
