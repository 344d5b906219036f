"""The plain-text twin of a message: 72 columns where words allow, addresses never broken."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tracker.render import inline_diff
from tracker.render.field_changes import FieldChange
from tracker.render.page import Box, Footer, Listing, Overview, Page, Section
from tracker.render.story_view import BriefView, PartView, StoryView

WIDTH = 72
_LAST_COLUMN = 34
_NARROWEST = 20


def text(page: Page) -> str:
    """The whole message as text, ending in one line break."""
    blocks = [_block(page.heading.upper(), *_wrapped(page.facts))]
    blocks += [_box(box) for box in page.warnings]
    blocks += [_box(box) for box in page.notes if page.listing]
    blocks += [_block(*_wrapped(paragraph)) for paragraph in page.paragraphs]
    blocks += [_command(label, command) for label, command in page.commands]
    if page.overview:
        blocks.append(_overview(page.overview))
    if page.listing:
        blocks += list(_listing(page.listing))
    for section in page.sections:
        blocks += list(_section(section, evidence=page.evidence))
    blocks += [_block(*_wrapped(sentence)) for sentence in page.closing]
    blocks += [_box(box) for box in page.notes if not page.listing]
    blocks.append(_footer(page.footer))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _block(*lines: str) -> str:
    return "\n".join(lines)


def _wrapped(line: str, indent: str = "", hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        line,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _bullet(line: str, indent: str = "  ") -> list[str]:
    return _wrapped(line, f"{indent}- ", f"{indent}  ")


def _box(box: Box) -> str:
    title = f"!! {box.title}" if box.warning else f"{box.title}:"
    return _block(*_wrapped(title), *(row for line in box.lines for row in _bullet(line)))


def _command(label: str, command: str) -> str:
    return _block(*_wrapped(label), f"    {command}")


def _overview(overview: Overview) -> str:
    """Columns as wide as their longest cell; the last one takes the rest and is wrapped."""
    *fixed, last = range(len(overview.columns))
    widths = {column: max(len(row[column]) for row in (overview.columns, *overview.rows)) for column in fixed}
    words = {column: max(_longest_word(row[column]) for row in (overview.columns, *overview.rows)) for column in fixed}
    while sum(widths.values()) + 2 * len(widths) > WIDTH - _LAST_COLUMN:
        breakable = [column for column in fixed if widths[column] > words[column]]
        if not breakable:
            break
        widths[max(breakable, key=widths.__getitem__)] -= 1
    rest = max(_NARROWEST, WIDTH - sum(widths.values()) - 2 * len(widths))
    rule = "  ".join(["-" * widths[column] for column in fixed] + ["-" * rest])
    head = [*_row(overview.columns, widths, last, rest), rule]
    body = [line for row in overview.rows for line in _row(row, widths, last, rest)]
    return _block(*head, *body, *([overview.more] if overview.more else []))


def _longest_word(text: str) -> int:
    """Its length, up to that of a trial's number in brackets: nothing shorter is broken."""
    return min(_NARROWEST, max(map(len, text.split()), default=0))


def _row(row: tuple[str, ...], widths: dict[int, int], last: int, rest: int) -> Iterator[str]:
    cells = {column: textwrap.wrap(row[column], width, break_on_hyphens=False) or [""] for column, width in widths.items()}
    cells[last] = textwrap.wrap(row[last], rest, break_on_hyphens=False) or [""]
    for height in range(max(map(len, cells.values()))):
        line = [cells[column][height] if height < len(cells[column]) else "" for column in sorted(cells)]
        padded = [part.ljust(widths.get(column, 0)) for column, part in enumerate(line)]
        yield "  ".join(padded).rstrip()


def _listing(listing: Listing) -> Iterator[str]:
    yield _block(listing.title.upper(), "=" * WIDTH)
    for row in listing.rows:
        yield _block(*_wrapped(row.name), *_wrapped(row.line, "  "), *([f"  {row.address}"] if row.address else []))
    yield listing.more


def _section(section: Section, *, evidence: bool) -> Iterator[str]:
    yield _block(section.title.upper(), "=" * WIDTH)
    previous = ""
    for story in section.stories:
        yield _story(story, named=story.trial != previous, evidence=evidence)
        previous = story.trial
    if section.briefs:
        yield _block(*(line for brief in section.briefs for line in _brief(brief)))


def _story(story: StoryView, *, named: bool, evidence: bool) -> str:
    lines: list[str] = []
    if named:
        lines += _wrapped(story.name if story.number in story.name else f"{story.name} ({story.number})")
        lines += _wrapped(story.title, "  ")
        lines += _wrapped(story.introduction, "  ")
        lines += _wrapped(story.also, "  ", "    ")
        lines += _wrapped(f"Your note: {story.note}" if story.note else "", "  ", "    ")
        lines.append("")
    lines += _wrapped(story.first.headline, "> ", "  ")
    lines += _part(story.first, "    ")
    for part in story.parts:
        lines += _wrapped(part.headline, "  * ", "    ")
        lines += _part(part, "      ")
    if story.minor:
        lines += _wrapped(f"Minor: {'; '.join(story.minor)}", "  * ", "    ")
    lines.append("")
    lines += _wrapped(f"{story.seen} · why {story.severity}: {story.rule}" if story.rule else story.seen, "  ")
    lines += [f"  {link.text}: {link.address}" for link in story.links]
    lines += _wrapped(f"Mute: {story.mute}", "  ")
    if evidence:
        watches = f" {'Watches' if len(story.watches) > 1 else 'Watch'}: {', '.join(story.watches)}." if story.watches else ""
        source = f" Source: {story.source}." if story.source else ""
        lines += _wrapped(story.when + watches + source, "  ")
    return _block(*lines)


def _brief(brief: BriefView) -> Iterator[str]:
    name = brief.label if brief.number in brief.label else f"{brief.label} ({brief.number})"
    yield from _wrapped(f"{name}: {brief.sentence}", "* ", "  ")


def _part(part: PartView, indent: str) -> Iterator[str]:
    for change in part.changes:
        yield from _change(change, indent)
    for line in part.lines:
        yield from _bullet(inline_diff.plain(line), indent)


def _change(change: FieldChange, indent: str) -> Iterator[str]:
    old, new = change.old or "(none)", change.new or "(none)"
    short = f"{indent}{change.field}: {old} -> {new}"
    if len(short) <= WIDTH:
        yield short
        return
    yield f"{indent}{change.field}"
    yield from _wrapped(old, f"{indent}  before: ", indent + " " * 10)
    yield from _wrapped(new, f"{indent}  now:    ", indent + " " * 10)


def _footer(footer: Footer) -> str:
    lines = ["-- "]
    if footer.why:
        lines += ["Why you get this:", *(row for line in footer.why for row in _bullet(line))]
    if footer.stop:
        lines += ["To stop these messages:", f"  {footer.stop}"]
    elif footer.removal:
        lines += _wrapped(f"To stop: {f'write “unsubscribe” to {footer.mail}, or ' if footer.mail else ''}{footer.removal}.")
    if footer.contact and not footer.mail:
        lines += _wrapped(f"Questions: {footer.contact}")
    lines += [row for source in footer.sources for row in _wrapped(f"Source: {source}")]
    if footer.timezone:
        lines += _wrapped(f"Days and times: {footer.timezone}.")
    lines += _wrapped(footer.disclaimer)
    return _block(*lines) if len(lines) > 1 else ""
