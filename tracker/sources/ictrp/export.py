"""An export cut into its trials, a part at a time: files of 40 MB and more are read at the memory of one trial.

Portals, spreadsheets and downloads that were cut off damage such files: each damage is named, and what is whole is read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO

from tracker.errors import AnswerError
from tracker.extract import who
from tracker.model import ids
from tracker.model.source import DataVersion, Document, FileEntry, FileTrouble
from tracker.sources.ictrp.fields import CUT_AFTER, CUT_CSV, fields_of, first, header_names, undamaged

ROOT = "Trials_downloaded_from_ICTRP"
PART = 1 << 16
LARGEST = 8 * 1024 * 1024
"""Characters of one trial, far more than any has: a mark that is never closed must not bring the whole file into memory."""

LARGEST_BROKEN = 256 * 1024
"""Characters of a row that is put together: each further line copies what there is."""

_OPENS = re.compile(r"<Trial(?:\s[^<>]*)?>")
_CLOSES = "</Trial>"
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_-]{3,39}\Z")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (.+))?\Z")
_SPREADSHEET = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T](\d{1,2}:\d{2}:\d{2})\Z")
_CLOCKS = ("%I:%M:%S %p", "%I:%M %p", "%H:%M:%S", "%H:%M")
_MARKS = (",", ";", "\t")
AHEAD = timedelta(days=2)


def is_export(opening: bytes) -> bool:
    """Whether a file that begins like this is an export of ICTRP, in XML or CSV."""
    text = opening.decode(_charset(opening), "replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return ROOT in text
    return _delimiter(text) is not None


def entries(file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
    """The trials of an export, one at a time."""
    opening = file.read(PART)
    file.seek(0)
    charset = _charset(opening)
    text = io.TextIOWrapper(file, encoding=charset, newline="")
    try:
        if opening.decode(charset, "replace").lstrip("\ufeff \t\r\n").startswith("<"):
            yield from _of_xml(text)
        else:
            delimiter = _delimiter(opening.decode(charset, "replace")) or ","
            is_cut = _is_cut(csv.reader(text, delimiter=delimiter))
            text.seek(0)
            yield from _of_csv(text, delimiter, CUT_CSV if is_cut else "text/csv")
    except UnicodeDecodeError as error:
        yield FileTrouble(
            name="the rest", what=f"its text is not {charset} ({error.reason}); export it again, or save it as UTF-8"
        )
    finally:
        text.detach()


def _charset(opening: bytes) -> str:
    if opening.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.match(opening.removeprefix(codecs.BOM_UTF8).lstrip())
    if declared:
        try:
            return codecs.lookup(declared[1].decode("ascii")).name.replace("utf-8", "utf-8-sig")
        except LookupError:
            return "utf-8-sig"
    return "utf-8-sig"


def _of_xml(text: io.TextIOBase) -> Iterator[FileEntry | FileTrouble]:
    """Each ``Trial`` element as it stands in the file."""
    number, rest, is_closed = 0, "", False
    begun = False
    while part := text.read(PART):
        rest += part
        if not begun:
            if "<!DOCTYPE" in rest or "<!ENTITY" in rest:
                yield FileTrouble(name="the file", what="it has a document type, which no export has; nothing of it was read")
                return
            begun = _OPENS.search(rest) is not None
        while (end := rest.find(_CLOSES)) >= 0:
            number += 1
            element, rest = rest[:end] + _CLOSES, rest[end + len(_CLOSES) :]
            opened = _OPENS.search(element)
            if opened is None:
                yield FileTrouble(name=f"trial {number}", what="it has an end and no beginning")
            else:
                yield _entry(element[opened.start() :].encode(), "application/xml", f"trial {number}")
        if len(rest) > LARGEST:
            yield FileTrouble(name=f"trial {number + 1}", what="it is larger than any trial; the file was not read further")
            return
        if not _OPENS.search(rest):
            is_closed = is_closed or f"</{ROOT}>" in rest
            rest = rest[-len(f"</{ROOT}>") :]
    if _OPENS.search(rest):
        yield FileTrouble(name=f"trial {number + 1}", what="the file ends in the middle of it; download it again")
    elif not is_closed:
        yield FileTrouble(
            name="the file", what="it ends before its end; what it holds was read, download it again for the rest"
        )


def _is_cut(rows: Iterable[list[str]]) -> bool:
    """Whether a spreadsheet of old has cut every text of the file after 255 characters; some are as long by chance."""
    longest = Counter[int]()
    csv.field_size_limit(LARGEST)
    try:
        for row in rows:
            longest.update(len(undamaged(cell)) for cell in row if len(cell) >= CUT_AFTER)
    except csv.Error:
        return False
    return longest[CUT_AFTER] > 1 and max(longest) == CUT_AFTER


def _of_csv(text: io.TextIOBase, delimiter: str, content_type: str) -> Iterator[FileEntry | FileTrouble]:
    """Each row with the header, as CSV. Rows that were broken at line ends inside a text are put together again."""
    rows = csv.reader(text, delimiter=delimiter)
    header: list[str] = []
    pending: list[str] = []
    line = place = 0
    try:
        for row in rows:
            if not header:
                names = header_names(row)
                header, place = (row, names.index("trialid")) if names else ([], 0)
                line = rows.line_num + 1
                continue
            begins = len(row) == len(header) or _number_in(row, place) is not None
            if pending and begins:
                yield _broken(line, pending, header, place)
                pending = []
            if pending:
                pending = [*pending[:-1], "\n".join((pending[-1], *row[:1])), *row[1:]]
            elif row:
                pending, line = row, rows.line_num
            if len(pending) == len(header):
                yield _entry(_as_csv(header, pending), content_type, f"line {line}")
                pending = []
            elif len(pending) > len(header) or sum(map(len, pending)) > LARGEST_BROKEN:
                yield _broken(line, pending, header, place)
                pending = []
    except csv.Error as error:
        yield FileTrouble(name=f"line {rows.line_num}", what=f"it cannot be read ({error}); the file was not read further")
    if pending:
        yield _broken(line, pending, header, place)


def _number_in(row: list[str], place: int) -> str | None:
    """The trial's number in a row's cell; None where no registry has such a number, or the cell is not there."""
    found = ids.recognise(row[place]) if place < len(row) else None
    return found.number if found else None


def _broken(line: int, row: list[str], header: list[str], place: int) -> FileTrouble:
    number = _number_in(row, place) or next((found for at in range(place) if (found := _number_in(row, at))), None)
    about = f" ({number})" if number else ""
    return FileTrouble(
        name=f"line {line}{about}", what=f"it has {len(row)} cells and the header {len(header)}; it was not read"
    )


def _as_csv(header: list[str], row: list[str]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made).writerows((header, row))
    return made.getvalue().encode()


def _delimiter(text: str) -> str | None:
    """What stands between the cells of a header; None where the text does not begin with one."""
    line = next((line for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    for mark in _MARKS:
        try:
            if any(header_names(row) for row in csv.reader([line], delimiter=mark)):
                return mark
        except csv.Error:
            continue
    return None


def _entry(body: bytes, content_type: str, name: str) -> FileEntry | FileTrouble:
    try:
        fields = fields_of(_document(body, content_type))
    except AnswerError as error:
        return FileTrouble(name=name, what=error.message.removeprefix("ictrp:?: "))
    number = number_of(fields.get("trialid", ""))
    if number is None:
        return FileTrouble(name=name, what=f"its TrialID {fields.get('trialid', '')[:40]!r} is no number of a registry")
    return FileEntry(
        trial=f"ictrp:{number}",
        body=body,
        content_type=content_type,
        stated=fields.get("export_date", ""),
        latest=max(who.days((fields.get("last_refreshed_on", ""), fields.get("date_registration3", ""))), default=None),
    )


def _document(body: bytes, content_type: str) -> Document:
    long_ago = datetime.min.replace(tzinfo=UTC)
    return Document(
        source="ictrp", trial="ictrp:?", url="", body=body, content_type=content_type, fetched_at=long_ago, as_of=long_ago
    )


def number_of(text: str) -> str | None:
    """A trial's number as its registry writes it; one of a registry not known here as it stands. None for no number."""
    found = ids.recognise(text)
    if found:
        return found.number
    plain = ids.tidied(text)
    return plain if _PLAIN_ID.match(plain) and any(sign.isdigit() for sign in plain) else None


def sniff(body: bytes) -> str | None:
    """The key of the one trial in these bytes; None for an export of several and for anything else."""
    if not (is_export(body) or body.lstrip()[:7] in (b"<Trial>", b"<Trial ")):
        return None
    try:
        number = number_of(first(fields_of(_document(body, "")), "trialid"))
    except AnswerError:
        return None
    return f"ictrp:{number}" if number else None


def made_at(stated: Collection[str], latest: date | None, now: datetime) -> DataVersion | None:
    """When an export was made. Its date is month first; a spreadsheet that took the month for the day has turned it round.

    What the export itself holds decides: it is not older than its trials. Of what is left the earlier counts, so that
    a date that was misread never stands in the way of the next export.
    """
    moments = []
    for text in stated:
        possible = [
            moment
            for moment in _moments(" ".join(text.split()))
            if (latest is None or moment.date() >= latest) and moment.replace(tzinfo=UTC) <= now + AHEAD
        ]
        if possible:
            moments.append(min(possible))
    if not moments:
        return None
    moment = max(moments)
    return DataVersion(timestamp=moment.isoformat(), date=moment.date().isoformat())


def _moments(text: str) -> Iterator[datetime]:
    """What an export date can mean."""
    if found := _SLASHED.match(text):
        first_number, second, year, clock = found.groups()
        orders = [(first_number, second)] if int(second) > 12 or int(first_number) <= 12 else [(second, first_number)]
    elif found := _SPREADSHEET.match(text):
        year, first_number, second, clock = found.groups()
        orders = [(first_number, second), (second, first_number)]
    else:
        return
    for month, day in orders:
        try:
            yield datetime.combine(date(int(year), int(month), int(day)), _clock(clock or ""))
        except ValueError:
            continue


def _clock(text: str) -> time:
    for form in _CLOCKS:
        try:
            return datetime.strptime(text.strip(), form).time()  # noqa: DTZ007 (exports name no zone)
        except ValueError:
            continue
    return datetime.min.time()
