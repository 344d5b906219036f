"""The whole list of a message's changes as files that go along with a mail: CSV for spreadsheets, HTML for a browser."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from html import escape

import msgspec

from tracker.model.alert import Attachment
from tracker.model.event import Event
from tracker.model.ids import split_key
from tracker.render import kinds, times
from tracker.render.grid import csv_lines
from tracker.render.safe_text import one_line, web_link
from tracker.render.story_view import event_label

LIMIT = 5_400_000
"""Bytes of both lists together: 7.3 MB in base64, so that a mail has at most 8 MB with its body. Many servers take 10 MB."""

COLUMNS = ("Day", "Severity", "Trial", "Name", "What changed", "Watches", "Record")
_LONGEST = 500

_HEAD = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>
body {{ margin: 1.5em auto; max-width: 70em; padding: 0 1em; font: 15px/1.45 system-ui, sans-serif; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ padding: .4em .8em .4em 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8885; }}
h1 {{ font-size: 1.5em; font-weight: 600; }}
a {{ color: #1a5a8a; }}
td:first-child, td:nth-child(3) {{ white-space: nowrap; }}
td:nth-child(5) {{ font-weight: 600; }}
td:nth-child(6) {{ opacity: .75; }}
@media (prefers-color-scheme: dark) {{ a {{ color: #86c3f2; }} }}
@media (max-width: 40em) {{ thead {{ display: none; }} tr {{ display: block; padding: .6em 0; border-bottom: 1px solid #8885; }}
td {{ display: inline; border: 0; padding: 0; }} td:nth-child(4), td:nth-child(5) {{ display: block; }} }}
</style></head><body><h1>{title}</h1>
<table><thead><tr>{columns}</tr></thead><tbody>
"""
_FOOT = "</tbody></table></body></html>\n"

Listed = tuple[Event, Sequence[str]]
"""An event with the watches that want it."""


class ChangeLists(msgspec.Struct, frozen=True, kw_only=True):
    """The two files, and the events that stand in them: all, or as many of the first as there was room for."""

    attachments: tuple[Attachment, ...]
    events: frozenset[str]


def change_lists(title: str, listed: Iterable[Listed], timezone: tzinfo, limit: int = LIMIT) -> ChangeLists:
    """One row per event, in the order given, in both files."""
    heads = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS[:-1])
    table = [next(csv_lines([COLUMNS]))]
    page = [_HEAD.format(title=escape(one_line(title)), columns=heads)]
    size = len(table[0]) + len(page[0].encode()) + len(_FOOT)
    told = []
    for event, watches in listed:
        row = _row(event, watches, timezone)
        line, mark_up = next(csv_lines([row])), _html_row(row)
        size += len(line.encode()) + len(mark_up.encode())
        if size > limit:
            break
        table.append(line)
        page.append(mark_up)
        told.append(event.id)
    csv = "\ufeff" + "".join(table)  # without the mark, spreadsheets read UTF-8 as something else
    return ChangeLists(
        attachments=(
            Attachment(name="changes.csv", media_type="text/csv", body=csv.encode()),
            Attachment(name="changes.html", media_type="text/html", body="".join([*page, _FOOT]).encode()),
        ),
        events=frozenset(told),
    )


def zipped(given: Attachment) -> Attachment:
    """The file in a zip, the same bytes each time: a tenth of the size, for servers that take no more."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(given.name), given.body, zipfile.ZIP_DEFLATED)
    return Attachment(name=f"{given.name}.zip", media_type="application/zip", body=stream.getvalue())


def _row(event: Event, watches: Sequence[str], timezone: tzinfo) -> tuple[str, ...]:
    return (
        times.day(event.effective_at, timezone),
        event.severity,
        split_key(event.trial).number,
        event_label(event),
        one_line(kinds.headline(event), _LONGEST),
        one_line(", ".join(watches), _LONGEST),
        next((found for link in event.evidence.links if (found := web_link(link))), ""),
    )


def _html_row(row: Sequence[str]) -> str:
    day, severity, number, name, headline, watches, link = (escape(one_line(text)) for text in row)
    linked = f'<a href="{link}">{number}</a>' if link else number
    cells = (day, severity, linked, f"<bdi>{name}</bdi>", f"<bdi>{headline}</bdi>", watches)
    return f"<tr>{''.join(f'<td>{text} </td>' for text in cells)}</tr>\n"
