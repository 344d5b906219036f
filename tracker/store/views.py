"""Ready views for people who ask in SQL: ``changes``, ``status_timeline``, ``days_in_status``, ``slips``, ``overdue``.

They are of this program, not of a revision: a migration drops them before it changes tables and makes them anew at its end.
Whoever changes one adds a revision, which may be empty. docs/queries.md says what each column means.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from tracker.model.views import TURNS
from tracker.store.rows import UNNUMBERED

_WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "today": "date('now')",
        "now": "datetime('now')",
        "days_since": "CAST(julianday(date('now')) - julianday({0}) AS INTEGER)",
        "days_between": "ROUND(julianday({1}) - julianday({0}), 1)",
        "whole_days": "CAST(julianday({1}) - julianday({0}) AS INTEGER)",
        "least": "MIN({0}, {1})",
        "most": "MAX({0}, {1})",
        "first": "date(substr({0} || '-01-01', 1, 10))",
        "last": "CASE LENGTH({0}) WHEN 4 THEN date({0} || '-12-31') WHEN 7 THEN date({0} || '-01', '+1 month', '-1 day') "
        "ELSE date({0}) END",
        "soon_after": "{1} <= {0} AND date({1}) >= date({0}, '-30 days')",
    },
    "postgresql": {
        "today": "(now() AT TIME ZONE 'utc')::date",
        "now": "now()",
        "days_since": "((now() AT TIME ZONE 'utc')::date - {0})",
        "days_between": "ROUND((EXTRACT(EPOCH FROM ({1} - {0})) / 86400)::numeric, 1)",
        "whole_days": "({1} - {0})",
        "least": "LEAST({0}, {1})",
        "most": "GREATEST({0}, {1})",
        "first": "LEFT({0} || '-01-01', 10)::date",
        "last": "CASE LENGTH({0}) WHEN 4 THEN ({0} || '-12-31')::date "
        "WHEN 7 THEN (({0} || '-01')::date + INTERVAL '1 month' - INTERVAL '1 day')::date ELSE {0}::date END",
        "soon_after": "{1} <= {0} AND ({1} AT TIME ZONE 'utc')::date >= ({0} AT TIME ZONE 'utc')::date - 30",
    },
}

_SETTLING = "SELECT id FROM runs WHERE accepting IS NOT NULL AND state = 'accepted'"

_LOGGED = "e.accepted AND e.run NOT IN (SELECT id FROM runs WHERE accepting IS NOT NULL AND state <> 'accepted')"
"""The rule of `rows.is_logged`."""

_CURRENT = f"""
    CASE WHEN EXISTS ({_SETTLING}) THEN COALESCE(
        (SELECT MAX(s.id) FROM snapshots AS s WHERE s.trial = t.key AND s.run IN ({_SETTLING} AND purpose = 'sync')),
        t.current_snapshot
    ) ELSE t.current_snapshot END
"""  # nosec B608: only names of our own tables
"""The rule of `rows.current_version`."""

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
        "status_timeline": _status_timeline(words),
        "days_in_status": _days_in_status(words),
        "slips": _slips(words),
        "overdue": _overdue(words),
    }
    return {name: " ".join(view.split()) for name, view in views.items()}


def _changes() -> str:
    """A row for each changed value of the change log."""
    return f"""
        SELECT e.trial, e.kind, c.effect, {_SEVERITY.format("e.severity")} AS severity, c.path, c.old, c.new, c.days,
            e.detected_at AS seen_at, e.effective_at AS valid_from, e.id AS event
        FROM events AS e JOIN changed_values AS c ON c.run = e.run AND c.event = e.id
        WHERE {_LOGGED}
    """  # nosec B608: only names of our own tables and words of this module


def _moves() -> str:
    """The changed values with the registry's own number of their version, by which versions of one day are in order."""
    return f"""
        SELECT e.trial, c.path, c.old, c.new, c.days, {_SEVERITY.format("e.severity")} AS severity, e.detected_at AS seen_at,
            e.effective_at AS valid_from, e.id AS event, COALESCE(v.registry_version, {UNNUMBERED}) AS numbered
        FROM events AS e JOIN changed_values AS c ON c.run = e.run AND c.event = e.id
            LEFT JOIN snapshots AS v ON v.id = e.new_snapshot
        WHERE {_LOGGED}
    """  # nosec B608: only names of our own tables and words of this module


def _status_timeline(words: Mapping[str, str]) -> str:
    """A row for each time that a trial spent in a status, by the rules of `tracker.archive.ledgers.statuses`.

    It begins with the first version that the registry's index lists, or else with the first that is kept.
    """
    echo = words["soon_after"].format("m.valid_from", "i.valid_from")
    return f"""
        WITH moves AS (
            SELECT trial, old, new, valid_from,
                ROW_NUMBER() OVER (PARTITION BY trial ORDER BY valid_from, numbered, seen_at, event) AS nth
            FROM ({_moves()}) AS moved WHERE path = 'recruitment_status'
        ), listed AS (
            SELECT trial, number, valid_from, recruitment_status AS status,
                LAG(recruitment_status) OVER (PARTITION BY trial ORDER BY number) AS before
            FROM registry_versions
        ), begun AS (
            SELECT trial, MIN(valid_from) AS since FROM snapshots WHERE accepted OR run IN ({_SETTLING}) GROUP BY trial
        ), points AS (
            SELECT trial, valid_from AS since, 0 AS told, number AS nth, status FROM listed
            UNION ALL
            SELECT m.trial, m.valid_from, 1, m.nth, m.new FROM moves AS m WHERE NOT EXISTS (
                SELECT 1 FROM listed AS i JOIN histories AS h ON h.trial = i.trial
                WHERE i.trial = m.trial AND i.before = m.old AND i.status = m.new AND {echo} AND m.valid_from <= h.read_at
            )
            UNION ALL
            SELECT b.trial, b.since, 1, 0, CASE WHEN m.trial IS NULL THEN p.recruitment_status ELSE m.old END
            FROM begun AS b LEFT JOIN moves AS m ON m.trial = b.trial AND m.nth = 1
                LEFT JOIN trials AS t ON t.key = b.trial LEFT JOIN present AS p ON p.snapshot = {_CURRENT}
            WHERE NOT EXISTS (SELECT 1 FROM registry_versions AS r WHERE r.trial = b.trial AND r.valid_from <= b.since)
        ), ordered AS (
            SELECT trial, since, told, nth, status,
                LAG(status) OVER (PARTITION BY trial ORDER BY since, told, nth) AS before,
                ROW_NUMBER() OVER (PARTITION BY trial ORDER BY since, told, nth) AS place
            FROM points
        ), spans AS (
            SELECT trial, status, since, LEAD(since) OVER (PARTITION BY trial ORDER BY place) AS next,
                CASE WHEN place = 1 AND (told = 1 OR nth > 0) THEN 1 ELSE 0 END AS at_least
            FROM ordered WHERE place = 1 OR COALESCE(status, '') <> COALESCE(before, '')
        )
        SELECT s.trial, s.status, s.since, COALESCE(s.next, t.removed_at) AS until, s.at_least
        FROM spans AS s JOIN trials AS t ON t.key = s.trial
        WHERE s.status IS NOT NULL
    """  # nosec B608: only names of our own tables and words of this module


def _days_in_status(words: Mapping[str, str]) -> str:
    """How long each trial was in each status, all its times in it together."""
    days = words["days_between"].format("since", f"COALESCE(until, {words['now']})")
    return f"""
        SELECT trial, status, SUM({days}) AS days, COUNT(*) AS times, MAX(at_least) AS at_least,
            MAX(CASE WHEN until IS NULL THEN 1 ELSE 0 END) AS current
        FROM status_timeline GROUP BY trial, status
    """  # nosec B608: only names of our own tables and words of this module


def _slips(words: Mapping[str, str]) -> str:
    """A row for each date that moved later; ``total_days`` is how far the new date is from the first that is known.

    Days are counted as `RegistryDate.shift_to` counts them: only those that are certain.
    """

    def days(one: str, other: str) -> str:
        return words["whole_days"].format(one, other)

    spread = [
        f"CASE WHEN LENGTH(base) = LENGTH(new) THEN {words[pick].format(days('b1', 'n1'), days('b2', 'n2'))} ELSE {other} END"
        for pick, other in (("least", days("b2", "n1")), ("most", days("b1", "n2")))
    ]
    ends = ", ".join(
        f"{words[end].format(date)} AS {name}"
        for name, end, date in (("b1", "first", "base"), ("b2", "last", "base"), ("n1", "first", "new"), ("n2", "last", "new"))
    )
    order = "PARTITION BY trial, path ORDER BY valid_from, numbered, seen_at, event"
    return f"""
        WITH moves AS (
            SELECT *, FIRST_VALUE(old) OVER ({order}) AS base,
                SUM(CASE WHEN days > 0 THEN 1 ELSE 0 END) OVER ({order} ROWS UNBOUNDED PRECEDING) AS nth
            FROM ({_moves()}) AS moved WHERE days IS NOT NULL
        ), ends AS (
            SELECT *, {ends} FROM moves WHERE days > 0
        ), shifts AS (
            SELECT *, CASE WHEN (b1 <= n1 AND n2 <= b2) OR (n1 <= b1 AND b2 <= n2) THEN 0 ELSE {spread[0]} END AS low,
                CASE WHEN (b1 <= n1 AND n2 <= b2) OR (n1 <= b1 AND b2 <= n2) THEN 0 ELSE {spread[1]} END AS high
            FROM ends
        )
        SELECT trial, path, old, new, days, nth, CASE WHEN low > 0 THEN low WHEN high < 0 THEN high ELSE 0 END AS total_days,
            severity, seen_at, valid_from, event
        FROM shifts
    """  # nosec B608: only names of our own tables and words of this module


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
        FROM due_dates AS d JOIN trials AS t ON t.key = d.trial AND d.snapshot = {_CURRENT}
            JOIN present AS p ON p.snapshot = d.snapshot
        WHERE d.due < {today} AND t.removed_at IS NULL AND d.kind <> '{TURNS}'
            AND EXISTS (SELECT 1 FROM memberships AS m WHERE m.trial = d.trial AND m.ended_at IS NULL)
            AND NOT (d.kind = 'results_overdue' AND d.true_from > {today}) AND d.effect <> 'projected'
            AND NOT (d.kind = 'results_due_soon' AND EXISTS (
                SELECT 1 FROM due_dates AS o
                WHERE o.snapshot = d.snapshot AND o.kind = 'results_overdue' AND o.due = d.due AND o.true_from <= {today}
            ))
    """  # nosec B608: only names of our own tables and words of this module


NAMES = tuple(_views(_WORDS["sqlite"]))
"""The views, each behind those that it reads."""
