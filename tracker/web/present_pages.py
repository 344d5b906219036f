"""The present as pages: watches, deadlines, and how the work goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from tracker.archive import Archive
from tracker.archive.rates import FEWEST, SHORTEST
from tracker.model.event import Event, EventFilter
from tracker.model.views import DeadlineRow, PresentRow
from tracker.render import kinds, notices, past
from tracker.render.safe_text import one_line
from tracker.render.tables import PresentLine, present_line
from tracker.text.normalize import fold
from tracker.web import charts
from tracker.web.asked import Query, choice, one, whole
from tracker.web.cards import Card
from tracker.web.log_pages import STORIES, cards
from tracker.web.pages import Page, watch_path
from tracker.web.reading import Reading
from tracker.web.refusals import Refusal

ROWS = 200
"""Rows of one page of the table of the present; published, all stand on one page."""
RECENT = timedelta(days=365)
AHEAD = timedelta(days=90)
DUE_ROWS = 100
"""Rows of each part of one page of deadlines; published, all stand on one page."""
LEAVING_DUTIES = frozenset({"results_posted", "results_submission_changed", "results_delay_certified", "results_duty_changed"})
LEAVING_DAYS = frozenset({"start_date_changed", "primary_completion_date_changed", "completion_date_changed"})
LEAVING_EFFECTS = frozenset({"happened", "moved_after_passing", "cleared"})
"""Why a deadline leaves the list: what is due came, or its day happened, was moved after it had passed, or was taken back."""
SORTS = ("key", "name", "status", "start", "completion", "enrollment", "results", "updated", "near")


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table of the present."""

    key: str
    line: PresentLine
    near: bool


def watches(reading: Reading) -> Page:
    """All watches, with how many trials each follows."""
    names = reading.context.watches
    counted = [(name, reading.archive.count_followed([name])) for name in names]
    return Page(template="watches.html.j2", title="Watches", path="/watches", values={"watches": counted})


def require_watch(reading: Reading, name: str) -> None:
    """Raise Refusal for a watch that is not in the configuration."""
    if name not in reading.context.watches:
        raise Refusal(404, f"There is no watch “{one_line(name, 60)}”.")


def watch(reading: Reading, name: str, query: Query) -> Page:
    """The table of a watch, what happened lately, and how often such things happen."""
    require_watch(reading, name)
    sort, order = choice(query, "sort", SORTS, "near"), choice(query, "order", ("up", "down"), "up")
    standing = reading.standing_of(name)
    rows = reading.rows(standing, name)
    chosen = sorted_rows(rows, sort, down=order == "down")
    many = len(chosen) if reading.published else ROWS
    pages = max(-(-len(chosen) // max(many, 1)), 1)
    page = whole(query, "page", default=1, least=1, most=max(pages, 1))
    return Page(
        template="watch.html.j2",
        title=f"Watch: {one_line(name, 80)}",
        path=watch_path(name),
        values={
            "name": name,
            "rows": [_table_row(each) for each in chosen[(page - 1) * many : page * many]],
            "count": len(standing),
            "page_number": page,
            "pages": pages,
            "near": any(row.nearest for row in rows),
            "sort": sort,
            "order": order,
            "recent": _recent(reading, name),
            "rates": _rates(reading, name),
        },
    )


def _table_row(row: PresentRow) -> TableRow:
    return TableRow(key=row.trial, line=present_line(row), near=bool(row.nearest and row.nearest.within))


def sorted_rows(rows: Sequence[PresentRow], sort: str, *, down: bool) -> list[PresentRow]:
    """The rows in the order that is asked for; those that do not say stand last, whichever way."""

    def value(row: PresentRow) -> tuple[object, ...] | None:
        near = row.nearest
        match sort:
            case "near":
                return ((near.km if near.km is not None else 1e6),) if near and near.within else None
            case "name":
                return (fold(row.name), row.name)
            case "status":
                return (row.recruitment_status,) if row.recruitment_status and not row.removed_at else None
            case "start":
                return (row.start_date.date,) if row.start_date else None
            case "completion":
                return (row.primary_completion_date.date,) if row.primary_completion_date else None
            case "enrollment":
                return (row.enrollment.count,) if row.enrollment and row.enrollment.count is not None else None
            case "results":
                return (row.results_state,) if row.results_state else None
            case "updated":
                return (row.last_update_posted.date,) if row.last_update_posted else None
        return (row.trial,)

    stating = [(found, row) for row in rows if (found := value(row)) is not None]
    silent = [row for row in rows if value(row) is None]
    stating.sort(key=lambda pair: (pair[0], pair[1].trial), reverse=down)
    return [row for _, row in stating] + silent


def _recent(reading: Reading, name: str) -> list[tuple[int, int, list[tuple[str, str, int]]]]:
    """How many changes of each kind the last 7, 30 and 90 days brought."""
    found = []
    for days in (7, 30, 90):
        counts = reading.kinds(name, reading.hour - timedelta(days=days))
        top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
        found.append((days, sum(counts.values()), [(kind, kinds.kind_title(kind), count) for kind, count in top]))
    return found


def _rates(reading: Reading, name: str) -> dict[str, object]:
    """How often such trials change, from the watch's own history, with the count and the span that it rests on."""
    found = reading.rates(name)
    return {
        "found": [past.rate(one, reading.timezone) for one in found.found],
        "trials": found.trials,
        "since": found.since,
        "fewest": FEWEST,
        "shortest": SHORTEST.days,
    }


# --- deadlines and health ---------------------------------------------------------------------------------------------


def deadlines(reading: Reading, query: Query) -> Page:
    """What is overdue and due soon, and what left the list lately, with the reason."""
    name = one(query, "watch")
    if name:
        require_watch(reading, name)
    today = reading.today
    rows = reading.due(name)
    overdue = [row for row in reversed(rows) if today - RECENT <= row.deadline.due < today]
    soon = [row for row in rows if today <= row.deadline.due <= today + AHEAD]
    pages = 1 if reading.published else max(-(-max(len(overdue), len(soon)) // DUE_ROWS), 1)
    page = whole(query, "page", default=1, least=1, most=pages)
    many = max(len(overdue), len(soon)) if reading.published else DUE_ROWS
    part = slice((page - 1) * many, page * many)
    return Page(
        template="deadlines.html.j2",
        title="Deadlines" if not name else f"Deadlines: {one_line(name, 80)}",
        path="/deadlines",
        values={
            "watch": name,
            "listed": [
                _part("Overdue", overdue, part, today, sum(row.deadline.due < today - RECENT for row in rows)),
                _part("Due soon", soon, part, today, sum(row.deadline.due > today + AHEAD for row in rows)),
            ],
            "page_number": page,
            "pages": pages,
            "left": _left(reading, name) if page == 1 else [],
            "site": reading.url,
        },
    )


class DuePart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the list of deadlines: ``rows`` of ``count``, and how many days lie ``beyond`` what it spans."""

    title: str
    rows: tuple[dict[str, object], ...]
    count: int
    beyond: int


def _part(title: str, rows: Sequence[DeadlineRow], part: slice, today: date, beyond: int) -> DuePart:
    return DuePart(title=title, rows=tuple(_deadline(row, today) for row in rows[part]), count=len(rows), beyond=beyond)


def _left(reading: Reading, name: str) -> list[Card]:
    """Changes after which a day that was ahead or overdue no longer counts: what was due came, or the day was moved."""
    wanted = EventFilter(
        watch=name or None, kinds=LEAVING_DUTIES | LEAVING_DAYS, since=reading.context.now - AHEAD, min_severity="minor"
    )

    def leaves(event: Event) -> bool:
        return event.kind in LEAVING_DUTIES or bool(LEAVING_EFFECTS & set(event.effects))

    return cards(reading, list(reading.archive.latest(wanted, limit=STORIES, keep=leaves)))


def _deadline(row: DeadlineRow, today: date) -> dict[str, object]:
    found = row.deadline
    return {
        "due": found.due,
        "away": charts.days_ahead(found.due, today),
        "state": found.state,
        "trial": found.trial,
        "name": row.name,
        "sponsor": row.lead_sponsor or "",
        "text": kinds.deadline(found),
        "rule": found.rule,
    }


def health(reading: Reading, *, everything: bool) -> Page:
    """How the work goes; what is told to whom only where ``everything`` is shown."""
    archive = reading.archive
    states = archive.source_states()
    names = [each.name for each in archive.watches]
    sources = sorted(archive.followed_sources(names) | states.keys())
    held = [(run, _counted(archive, run.id)) for run in archive.held_runs()]
    size = archive.size()
    return Page(
        template="health.html.j2",
        title="Health",
        path="/health",
        values={
            "sources": [(key, archive.source_title(key), states.get(key)) for key in sources],
            "held": held,
            "incidents": [each for each in archive.incidents() if each.ended_at is None],
            "runs": archive.runs(15),
            "outbox": list(archive.outbox(limit=50)) if everything else [],
            "paused": [notices.paused(one, reading.timezone) for one in archive.paused()] if everything else [],
            "everything": everything,
            "size": size,
            "since": _coverage(reading),
        },
    )


def _counted(archive: Archive, run: int) -> list[str]:
    """The headlines that a held run would have brought, the weightiest first."""
    found = archive.held_events(run, limit=12)
    return [f"{one_line(event.label, 60)}: {kinds.headline(event)}" for event in found]


def _coverage(reading: Reading) -> list[tuple[str, int, datetime | None]]:
    """Since when each watch's trials are followed."""
    found: list[tuple[str, int, datetime | None]] = []
    seen = reading.seen_since()
    for name in reading.context.watches:
        trials = [one.row.trial for one in reading.standing_of(name)]
        found.append((name, len(trials), min((seen[trial] for trial in trials if trial in seen), default=None)))
    return found
