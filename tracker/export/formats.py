"""A table as CSV, xlsx, JSON Lines or Parquet; rows are written as they come and never held together."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

import msgspec

from tracker.errors import UsageError
from tracker.export.table import Column, Table, Value
from tracker.render.grid import csv_lines
from tracker.render.safe_text import one_line, web_link

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_BATCH = 5_000
"""Rows of a Parquet row group."""

_SHEET_ROWS = 1_048_576
_SHEET_LINKS = 65_530
_CELL = 32_767
"""Limits of a worksheet: rows, links, and characters of a cell."""

_WIDTHS = {"text": 24, "link": 30, "moment": 18, "day": 11, "whole": 10, "number": 10, "flag": 8}


def write_csv(table: Table, out: IO[bytes], *, mark: bool = False) -> None:
    """UTF-8, comma, line feed, times as ISO 8601 in UTC; ``mark``: with the byte order mark, for Excel."""
    if mark:
        out.write("\ufeff".encode())
    names = [column.name for column in table.columns]
    for line in csv_lines(itertools.chain([names], ([_text(value) for value in row] for row in table.rows))):
        out.write(line.encode())


def write_jsonl(table: Table, out: IO[bytes]) -> None:
    """One JSON object a line, every column in each."""
    encoder = msgspec.json.Encoder()
    names = [column.name for column in table.columns]
    for row in table.rows:
        out.write(encoder.encode(dict(zip(names, row, strict=True))) + b"\n")


def write_xlsx(table: Table, out: IO[bytes]) -> None:
    """A workbook: dates that Excel calculates with, a frozen header with filters, links to click, nothing run as a formula.

    A table of more rows than a sheet holds goes on in further sheets.
    """
    with _needs("xlsxwriter"):
        from xlsxwriter import Workbook
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with Workbook(out, options) as book:
        formats = {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "head": book.add_format({"bold": True, "bottom": 1}),
        }
        rows = iter(table.rows)
        for number in itertools.count(1):
            first = next(rows, None)
            if first is None and number > 1:
                break
            sheet = _sheet(book, table, number, formats["head"])
            part = itertools.chain([] if first is None else [first], itertools.islice(rows, _SHEET_ROWS - 2))
            _fill(sheet, table.columns, part, formats)


def write_parquet(table: Table, out: IO[bytes]) -> None:
    """Typed columns: days as date32, moments as timestamps in UTC."""
    batches = arrow_batches(table)
    import pyarrow.parquet as pq

    with pq.ParquetWriter(out, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def to_arrow(table: Table) -> pa.Table:
    """The whole table for Arrow."""
    return arrow_batches(table).read_all()


def arrow_batches(table: Table) -> pa.RecordBatchReader:
    """The table for Arrow, read a few thousand rows at a time."""
    with _needs("pyarrow"):
        import pyarrow as pa
    types = {
        "text": pa.string(),
        "link": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "day": pa.date32(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in table.columns])

    def batches() -> Iterator[pa.RecordBatch]:
        rows = iter(table.rows)
        while some := list(itertools.islice(rows, _BATCH)):
            columns = zip(*some, strict=True)
            yield pa.record_batch([pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


FORMATS: Mapping[str, Callable[[Table, IO[bytes]], None]] = MappingProxyType(
    {"csv": write_csv, "xlsx": write_xlsx, "jsonl": write_jsonl, "parquet": write_parquet}
)
"""Every format by name."""

BINARY = frozenset({"xlsx", "parquet"})
"""Formats that are no text: nothing for a terminal."""


def _sheet(book: Workbook, table: Table, number: int, head: object) -> Worksheet:
    sheet = book.add_worksheet(table.name if number == 1 else f"{table.name} {number}")
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, _WIDTHS[column.kind])
        sheet.write_string(0, index, column.name, head)
    return sheet


def _fill(sheet: Worksheet, columns: tuple[Column, ...], rows: Iterable[tuple[Value, ...]], formats: Mapping[str, Any]) -> None:
    links, last = 0, 0
    for last, row in enumerate(rows, start=1):
        for index, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is None:
                continue
            if column.kind == "link" and links < _SHEET_LINKS and web_link(str(value)):
                # An address that Excel finds too long is written as text.
                links += sheet.write_url(last, index, str(value)) == 0 or sheet.write_string(last, index, _cell(value))
            elif isinstance(value, dt.date):
                sheet.write_datetime(last, index, value, formats[column.kind])
            elif isinstance(value, int | float):
                sheet.write(last, index, value)
            else:
                sheet.write_string(last, index, _cell(value))
    sheet.autofilter(0, 0, last, len(columns) - 1)


def _cell(value: Value) -> str:
    return one_line(str(value), _CELL)


def _text(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else str(value)


@contextmanager
def _needs(package: str) -> Iterator[None]:
    """Report a package of the extra ``export`` that is not installed."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"This format needs the package {package}, which is not installed.",
            remedy="Install it with: pip install 'trial-registry-tracker[export]'",
        ) from error
