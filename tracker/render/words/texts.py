"""Registry texts fit for a line: flattened, shortened, and where two differ, shortened around the difference."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from tracker.render import marks
from tracker.render.safe_text import one_line
from tracker.render.words.english import S

LONGEST_QUOTE = 100
LONGEST_CHANGE = 300
_CONTEXT = 4
_IN_COMMON = 0.4
"""Share of the shorter text's words that must stay for edits to be told one by one; below it one text replaces another."""


def quote(text: object, limit: int = LONGEST_QUOTE) -> str:
    """A registry's text on one line, shortened with an ellipsis."""
    return one_line("" if text is None else str(text), limit)


def listed(items: Sequence[object], limit: int = 3) -> str:
    """``a, b and c``; of long lists the first ones and how many more."""
    names = [quote(item, 60) for item in items]
    if len(names) > limit:
        return ", ".join(names[:limit]) + " " + S["more"].format(count=len(names) - limit).lstrip("… ")
    if len(names) > 1:
        return S["and"].format(first=", ".join(names[:-1]), last=names[-1])
    return names[0] if names else ""


def quoted(items: Sequence[object], limit: int = 2) -> str:
    """Names in quotation marks; of long lists the first ones and how many more."""
    return listed([f"“{quote(item, 50)}”" for item in items], limit)


def terms(items: Sequence[object]) -> str:
    """Terms, in quotation marks where one of them has a comma of its own: "Carcinoma, Intraductal"."""
    return quoted(items, 3) if any("," in str(item) for item in items) else listed(items)


def difference(old: str, new: str, limit: int = LONGEST_CHANGE) -> str:
    """One text with its edits in place, word by word, each marked (`marks`); of long texts what is around the edits.

    As plain text: ``… in Arm 5 [and Arm 6 → Arm 6, and Arm 8] at …``.
    """
    before, after = one_line(old).split(), one_line(new).split()
    if not before or not after:
        return f"“{quote(old, limit // 2)}” → “{quote(new, limit // 2)}”"
    operations = _operations(before, after)
    kept = sum(stop - start for operation, start, stop, _, _ in operations if operation == "equal")
    if kept < _IN_COMMON * min(len(before), len(after)):
        return f"“{marks.edit(quote(old, limit // 2), quote(new, limit // 2))}”"
    parts = [_part(before, after, place, operations, longest=limit) for place in range(len(operations))]
    if len(told := " ".join(part for part in parts if part)) <= limit:
        return f"“{told}”"
    return _first_edits(before, after, operations, limit)


Operation = tuple[str, int, int, int, int]


def _part(before: list[str], after: list[str], place: int, operations: list[Operation], longest: int) -> str:
    """One stretch of the texts: a marked edit, or the words between two."""
    operation, start, stop, left, right = operations[place]
    if operation == "equal":
        return _context(before[start:stop], first=place == 0, last=place == len(operations) - 1)
    gone, come = one_line(" ".join(before[start:stop]), longest), one_line(" ".join(after[left:right]), longest)
    return marks.edit(gone, come)


def _first_edits(before: list[str], after: list[str], operations: list[Operation], limit: int) -> str:
    """As many changes from the beginning as there is room for, long ones shortened, and how many are left out."""
    told, left = "", sum(operation[0] != "equal" for operation in operations)
    for place, operation in enumerate(operations):
        part = _part(before, after, place, operations, longest=max(10, limit // 2 - 30))
        longer = f"{told} {part}".strip()
        if told and len(longer) > limit:
            break
        told, left = longer, left - (operation[0] != "equal")
    if not left:
        return f"“{told}”"
    return f"“{told}” " + S["more_edit" if left == 1 else "more_edits"].format(count=left)


def _operations(before: list[str], after: list[str]) -> list[Operation]:
    """Word operations, with single equal words between two changes made part of the change."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    merged: list[Operation] = []
    codes = matcher.get_opcodes()
    for place, (operation, start, stop, left, right) in enumerate(codes):
        lone = operation == "equal" and stop - start == 1 and 0 < place < len(codes) - 1
        kind = "equal" if operation == "equal" and not lone else "change"
        if kind == "change" and merged and merged[-1][0] == "change":
            _, first, _, other, _ = merged[-1]
            merged[-1] = ("change", first, stop, other, right)
        else:
            merged.append((kind, start, stop, left, right))
    return merged


def _context(words: list[str], *, first: bool, last: bool) -> str:
    """A few words next to a change; an ellipsis for the rest, where it stands for more than two words."""
    if len(words) <= 2 * _CONTEXT + 2:
        return " ".join(words)
    head = [] if first else words[:_CONTEXT]
    tail = [] if last else words[-_CONTEXT:]
    return " ".join([*head, "…", *tail])
