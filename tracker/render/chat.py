"""A message for chat services and telephones: no columns and no hard line ends, since nobody knows how wide it is shown."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.render import inline_diff
from tracker.render.page import Box, Footer, Listing, Page, Section
from tracker.render.story_view import BriefView, PartView, StoryView


def text(page: Page) -> str:
    """The message as text below its subject, ending in one line break."""
    blocks = [_box(box) for box in page.warnings]
    blocks += [_box(box) for box in page.notes if page.listing]
    blocks += page.paragraphs
    blocks += [f"{label}\n{command}" for label, command in page.commands]
    if page.listing:
        blocks += _listing(page.listing)
    for section in page.sections:
        blocks += _section(section, evidence=page.evidence, headed=len(page.sections) > 1)
    blocks += page.closing
    blocks += [_box(box) for box in page.notes if not page.listing]
    blocks.append("\n".join(_footer(page.footer)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _box(box: Box) -> str:
    title = f"! {box.title}" if box.warning else box.title
    return "\n".join((title, *(f"• {line}" for line in box.lines)))


def _listing(listing: Listing) -> Iterator[str]:
    yield listing.title
    for row in listing.rows:
        yield "\n".join(part for part in (row.name, row.line, row.address) if part)
    yield listing.more


def _section(section: Section, *, evidence: bool, headed: bool) -> Iterator[str]:
    if headed:
        yield f"{section.title}:"
    for story in section.stories:
        yield "\n".join(_story(story, evidence=evidence))
    yield "\n".join(map(_brief, section.briefs))


def _story(story: StoryView, *, evidence: bool) -> Iterator[str]:
    """The news, then whose it is, then what is known of it."""
    yield story.first.headline
    yield story.name if story.number in story.name else f"{story.name} ({story.number})"
    if story.introduction:
        yield story.introduction
    if story.also:
        yield story.also
    if story.note:
        yield f"Your note: {story.note}"
    yield from _part(story.first)
    for part in story.parts:
        yield f"• {part.headline}"
        yield from _part(part)
    if story.minor:
        yield f"• Minor: {'; '.join(story.minor)}"
    yield f"{story.seen} · why {story.severity}: {story.rule}" if story.rule else story.seen
    if evidence:
        yield story.when
    yield from (f"{link.text}: {link.address}" for link in story.links)


def _part(part: PartView) -> Iterator[str]:
    for change in part.changes:
        yield f"• {change.field}: {change.old or '(none)'} → {change.new or '(none)'}"
    yield from (f"• {inline_diff.plain(line)}" for line in part.lines)


def _brief(brief: BriefView) -> str:
    name = brief.label if brief.number in brief.label else f"{brief.label} ({brief.number})"
    return f"• {brief.sentence}: {name}"


def _footer(footer: Footer) -> Iterator[str]:
    if footer.stop:
        yield f"To stop these messages: {footer.stop}"
    elif footer.removal:
        yield f"To stop: {footer.removal}."
    yield from (f"Source: {source}" for source in footer.sources)
    if footer.disclaimer:
        yield footer.disclaimer
