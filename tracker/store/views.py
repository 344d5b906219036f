"""Ready views for people who ask in SQL: ``changes``, ``status_timeline``, ``days_in_status``, ``slips``, ``overdue``.

They are of this program, not of a revision: a migration drops them before it changes tables and makes them anew at its end.
Whoever changes one adds a revision, which may be empty. docs/queries.md says what each column means.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

_WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "today": "date('now')",
        "now": "datetime('now')",
        "days_since": "CAST(julianday(date('now')) - julianday({0}) AS INTEGER)",
        "days_between": "ROUND(julianday({1}) - julianday({0}), 1)",
    },
    "postgresql": {
        "today": "(now() AT TIME ZONE 'utc')::date",
        "now": "now()",
        "days_since": "((now() AT TIME ZONE 'utc')::date - {0})",
        "days_between": "ROUND((EXTRACT(EPOCH FROM ({1} - {0})) / 86400)::numeric, 1)",
    },
}

_SEVERITY = "CASE {0} WHEN 2 THEN 'major' WHEN 1 THEN 'notable' ELSE 'minor' END"


def create(connection: Connection) -> None:
    """Make the views; their tables are there."""
    for name, words in _views(_WORDS[connection.dialect.name]).items():
        connection.execute(text(f"CREATE VIEW {name} AS {words}"))


def drop(connection: Connection) -> None:
    """Take away the views that are there."""
    for name in reversed(NAMES):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def _views(words: Mapping[str, str]) -> dict[str, str]:
    views = {
        "changes": _changes(),
        "status_timeline": _status_timeline(),
        "days_in_status": _days_in_status(words),
        "slips": _slips(),
        "overdue": _overdue(words),
    }
    return {name: " ".join(view.split()) for name, view in views.items()}


def _changes() -> str:
    """A row for each changed value of the change log."""
    return f"""
        SELECT e.trial, e.kind, c.effect, {_SEVERITY.format("e.severity")} AS severity, c.path, c.old, c.new, c.days,
            e.detected_at AS seen_at, e.effective_at AS valid_from, e.id AS event
        FROM events AS e JOIN changed_values AS c ON c.run = e.run AND c.event = e.id
        WHERE e.accepted
    """  # nosec B608: only names of our own tables and words of this module


def _status_timeline() -> str:
    """A row for each time that a trial spent in a status; the first begins with the first version that is kept."""
    return """
        WITH moves AS (
            SELECT trial, old, new, valid_from, ROW_NUMBER() OVER (PARTITION BY trial ORDER BY valid_from, seen_at) AS nth
            FROM changes WHERE path = 'recruitment_status'
        ), begun AS (
            SELECT trial, MIN(valid_from) AS since FROM snapshots WHERE accepted OR run IN (
                SELECT id FROM runs WHERE accepting IS NOT NULL AND state = 'accepted'
            ) GROUP BY trial
        ), points AS (
            SELECT b.trial, CASE WHEN m.trial IS NULL THEN p.recruitment_status ELSE m.old END AS status, b.since, 0 AS nth
            FROM begun AS b LEFT JOIN moves AS m ON m.trial = b.trial AND m.nth = 1
                LEFT JOIN trials AS t ON t.key = b.trial LEFT JOIN present AS p ON p.snapshot = t.current_snapshot
            UNION ALL
            SELECT trial, new AS status, valid_from AS since, nth FROM moves
        ), spans AS (
            SELECT trial, status, since, nth, LEAD(since) OVER (PARTITION BY trial ORDER BY nth) AS next FROM points
        )
        SELECT s.trial, s.status, s.since, COALESCE(s.next, t.removed_at) AS until,
            CASE WHEN s.nth = 0 THEN 1 ELSE 0 END AS at_least
        FROM spans AS s JOIN trials AS t ON t.key = s.trial
        WHERE s.status IS NOT NULL
    """


def _days_in_status(words: Mapping[str, str]) -> str:
    """How long each trial was in each status, all its times in it together."""
    days = words["days_between"].format("since", f"COALESCE(until, {words['now']})")
    return f"""
        SELECT trial, status, SUM({days}) AS days, COUNT(*) AS times, MAX(at_least) AS at_least,
            MAX(CASE WHEN until IS NULL THEN 1 ELSE 0 END) AS current
        FROM status_timeline GROUP BY trial, status
    """  # nosec B608: only names of our own tables and words of this module


def _slips() -> str:
    """A row for each date that moved later; ``total_days`` is what it moved until then, moves to earlier days included."""
    return """
        SELECT trial, path, old, new, days, nth, total_days, severity, seen_at, valid_from, event
        FROM (
            SELECT *,
                SUM(days) OVER (PARTITION BY trial, path ORDER BY valid_from, event) AS total_days,
                SUM(CASE WHEN days > 0 THEN 1 ELSE 0 END) OVER (PARTITION BY trial, path ORDER BY valid_from, event) AS nth
            FROM changes WHERE days <> 0
        ) AS moves
        WHERE days > 0
    """


def _overdue(words: Mapping[str, str]) -> str:
    """What `tracker deadlines --overdue` lists: days that have passed, of the followed trials that are in their registry."""
    today = words["today"]
    return f"""
        SELECT d.trial, p.brief_title, p.lead_sponsor, p.recruitment_status, d.kind, d.effect, d.due,
            {words["days_since"].format("d.due")} AS days_overdue,
            CASE WHEN d.true_from IS NULL AND p.results_state = 'RETURNED' THEN 'returned'
                WHEN d.true_from IS NULL THEN 'submitted'
                WHEN d.kind = 'results_due_soon' THEN 'grace' ELSE 'passed' END AS state,
            {_SEVERITY.format("d.severity")} AS severity, d.rule
        FROM due_dates AS d JOIN trials AS t ON t.current_snapshot = d.snapshot JOIN present AS p ON p.snapshot = d.snapshot
        WHERE d.due < {today} AND t.removed_at IS NULL
            AND EXISTS (SELECT 1 FROM memberships AS m WHERE m.trial = d.trial AND m.ended_at IS NULL)
            AND NOT (d.kind = 'results_overdue' AND d.true_from > {today})
            AND NOT (d.kind = 'results_due_soon' AND EXISTS (
                SELECT 1 FROM due_dates AS o
                WHERE o.snapshot = d.snapshot AND o.kind = 'results_overdue' AND o.true_from <= {today}
            ))
    """  # nosec B608: only names of our own tables and words of this module


NAMES = tuple(_views(_WORDS["sqlite"]))
"""The views, each behind those that it reads."""
