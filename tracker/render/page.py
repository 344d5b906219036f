"""A message before it is set in text or HTML: heading, boxes, stories or a table, and the footer every message has."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from tracker.model.vocabulary import Severity
from tracker.render.safe_text import one_line, web_link
from tracker.render.story_view import BriefView, StoryView

DISCLAIMER = "Not endorsed by the registry, not medical advice."

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+\Z", re.ASCII)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The stories of one severity, or of a group of the reader's; of those in ``briefs`` only the headlines are told."""

    title: str
    severity: Severity | None = None
    stories: tuple[StoryView, ...] = ()
    briefs: tuple[BriefView, ...] = ()


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A small table, one row a trial: its severity, the news, its name.

    ``links`` are the addresses of the rows, empty for none.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()
    more: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A trial in a list: its name with the address of its record, and how it stands."""

    name: str
    address: str
    line: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Trials one below the other, which fits any screen."""

    title: str
    rows: tuple[Listed, ...]
    more: str = ""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences set apart: ``warning`` for what the reader must not overlook (held runs), else plain notes."""

    title: str
    lines: tuple[str, ...]
    warning: bool = False


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """Why this came, how to stop it, where it is from.

    ``stop`` is the address of the page that stops these messages. ``mail`` is the contact if it is an e-mail address,
    ``mail_link`` its mailto address for unsubscribing.
    """

    why: tuple[str, ...] = ()
    removal: str = ""
    stop: str = ""
    mail: str = ""
    mail_link: str = ""
    sources: tuple[str, ...] = ()
    contact: str = ""
    timezone: str = ""
    disclaimer: str = DISCLAIMER


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One message. ``preview`` is what a mail program shows beside the subject; ``commands`` are lines to be typed.

    ``closing`` are sentences below the stories: where the message goes on. ``evidence``: cards give it in full. With a
    ``listing`` the notes stand first.
    """

    subject: str
    heading: str
    facts: str
    preview: str = ""
    warnings: tuple[Box, ...] = ()
    overview: Overview | None = None
    listing: Listing | None = None
    sections: tuple[Section, ...] = ()
    paragraphs: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    closing: tuple[str, ...] = ()
    notes: tuple[Box, ...] = ()
    evidence: bool = False
    footer: Footer


def footer(
    *,
    why: tuple[str, ...] = (),
    channel: str,
    contact: str,
    sources: tuple[str, ...] = (),
    timezone: str = "",
    disclaimer: str = DISCLAIMER,
    stop: str = "",
) -> Footer:
    """The footer for a channel (none: nothing to stop); an e-mail address as ``contact`` is offered for unsubscribing."""
    contact = one_line(contact)
    mail = contact if _ADDRESS.match(contact) else ""
    return Footer(
        why=tuple(one_line(line) for line in why),
        removal=f"take the channel “{one_line(channel)}” out of the watch in config.toml" if channel else "",
        stop=web_link(stop),
        mail=mail,
        mail_link=f"mailto:{quote(mail, safe='@')}?subject=unsubscribe" if mail else "",
        sources=tuple(one_line(line) for line in sources),
        contact=contact,
        timezone=one_line(timezone),
        disclaimer=disclaimer,
    )
