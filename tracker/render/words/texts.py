"""Registry texts fit for a line: flattened, shortened, and where two differ, shortened around the difference."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.render import marks
from tracker.render.safe_text import one_line
from tracker.render.words.english import S
from tracker.text.inline_diff import Stretch, stretches

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
    found = stretches(before, after)
    kept = sum(len(stretch.old) for stretch in found if stretch.same)
    if kept < _IN_COMMON * min(len(before), len(after)):
        return f"“{marks.edit(quote(old, limit // 2), quote(new, limit // 2))}”"
    parts = [_part(found, index, longest=limit) for index in range(len(found))]
    if len(told := " ".join(part for part in parts if part)) <= limit:
        return f"“{told}”"
    return _first_edits(found, limit)


def _part(found: Sequence[Stretch], index: int, longest: int) -> str:
    """One stretch of the texts: a marked edit, or the words between two."""
    stretch = found[index]
    if stretch.same:
        return _context(stretch.old, first=index == 0, last=index == len(found) - 1)
    return marks.edit(one_line(" ".join(stretch.old), longest), one_line(" ".join(stretch.new), longest))


def _first_edits(found: Sequence[Stretch], limit: int) -> str:
    """As many changes from the beginning as there is room for, long ones shortened, and how many are left out."""
    told, left = "", sum(not stretch.same for stretch in found)
    for index, stretch in enumerate(found):
        part = _part(found, index, longest=max(10, limit // 2 - 30))
        longer = f"{told} {part}".strip()
        if told and len(longer) > limit:
            break
        told, left = longer, left - (not stretch.same)
    if not left:
        return f"“{told}”"
    return f"“{told}” " + S["more_edit" if left == 1 else "more_edits"].format(count=left)


def _context(words: Sequence[str], *, first: bool, last: bool) -> str:
    """A few words next to a change; an ellipsis for the rest, where it stands for more than two words."""
    if len(words) <= 2 * _CONTEXT + 2:
        return " ".join(words)
    head = [] if first else words[:_CONTEXT]
    tail = [] if last else words[-_CONTEXT:]
    return " ".join([*head, "…", *tail])
