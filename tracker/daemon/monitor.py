"""``/health`` for whoever watches the daemon, and ``/metrics`` for Prometheus when asked: on the loopback address only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Generic, TypeVar

import msgspec

from tracker import archive, clock
from tracker.errors import StoreError
from tracker.model.upkeep import CANARY, StoreSize

STALE_AFTER = timedelta(days=2)

ANSWER_WITHIN = 0.6
"""Seconds to wait for the database before answering without it: whoever asks has an answer within a second."""

HANGS_AFTER = 5.0
"""Seconds without an answer that are a trouble: a busy machine is none."""

Value = TypeVar("Value")


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The daemon's health as JSON.

    ``status`` is ok, standby, stale (no accepted run for two days) or trouble (a source, a search, a channel or the daemon's
    own work fails; a trial that cannot be read, or a canary that died, is among ``conditions`` and no trouble of the whole).
    ``canaries`` says when those of each source were asked last.
    """

    status: str
    mode: str
    started_at: datetime
    last_pass_at: datetime | None
    last_pass_clean: bool | None
    last_accepted: dict[str, datetime]
    canaries: dict[str, datetime]
    held_runs: int
    messages_waiting: int
    messages_failed: int
    conditions: tuple[str, ...]
    last_error: str


def health(
    kept: archive.Health | None,
    now: datetime,
    *,
    mode: str,
    started_at: datetime,
    last_pass_at: datetime | None = None,
    last_pass_clean: bool | None = None,
    last_error: str = "",
) -> Health:
    """What the database and the daemon say of themselves; a daemon that just started is not stale yet.

    ``kept`` is None where the database was never heard: what it would say is empty then, and ``last_error`` says why.
    """
    kept = kept or archive.Health(last_accepted={}, held_runs=(), unsent={}, incidents=())
    latest = max(kept.last_accepted.values(), default=started_at)
    stale = now - max(latest, started_at) > STALE_AFTER
    # What concerns single trials is no trouble of the whole, and a dead canary stops nothing.
    failing = last_error or any(not incident.name.startswith(("trials:", CANARY)) for incident in kept.incidents)
    return Health(
        status="standby" if mode == "standby" else "stale" if stale else "trouble" if failing else "ok",
        mode=mode,
        started_at=started_at,
        last_pass_at=last_pass_at,
        last_pass_clean=last_pass_clean,
        last_accepted=dict(kept.last_accepted),
        canaries=dict(kept.canaries),
        held_runs=len(kept.held_runs),
        messages_waiting=kept.unsent.get("waiting", 0),
        messages_failed=kept.unsent.get("failed", 0),
        conditions=tuple(incident.message for incident in kept.incidents),
        last_error=last_error,
    )


def metrics(found: Health, size: StoreSize) -> bytes:
    """The same for Prometheus. Needs the package prometheus-client (extra ``metrics``)."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(f"tracker_{name}", text, registry=registry).set(value)

    gauge("up", "1 while the daemon is at work, 0 while it stands by", float(found.status != "standby"))
    gauge("stale", "1 when no run was accepted for two days", float(found.status == "stale"))
    gauge("trouble", "1 while a source, a search, a channel or the daemon's own work fails", float(found.status == "trouble"))
    gauge("trials", "trials stored", size.trials)
    gauge("snapshots", "versions stored", size.snapshots)
    gauge("events", "events stored", size.events)
    gauge("database_bytes", "size of the database", size.size)
    gauge("held_runs", "runs that health holds", found.held_runs)
    gauge("messages_waiting", "messages that wait to be sent", found.messages_waiting)
    gauge("messages_failed", "messages given up", found.messages_failed)
    gauge("conditions", "things the operator was told are wrong", len(found.conditions))
    last = Gauge("tracker_last_accepted_timestamp_seconds", "last accepted run", ["source"], registry=registry)
    for source, at in found.last_accepted.items():
        last.labels(source=source).set(at.timestamp())
    return bytes(generate_latest(registry))


class LastReading(Generic[Value]):
    """What a question to the database gave last, asked anew each time but waited for no longer than ``ANSWER_WITHIN``.

    A database that hangs holds up one thread of ours, and nobody who asks.
    """

    def __init__(self, ask: Callable[[], Value]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._value: Value | None = None
        self._error = ""
        self._asked_at = 0.0

    def read(self) -> tuple[Value | None, str]:
        """The last value, None when there was none yet, and what hinders a new one; empty when this is new."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._asked_at = clock.monotonic()
                self._thread = threading.Thread(target=self._read, name="reading", daemon=True)
                self._thread.start()
            thread = self._thread
        thread.join(ANSWER_WITHIN)
        if thread.is_alive():
            hangs = self._value is None or clock.monotonic() - self._asked_at > HANGS_AFTER
            return self._value, "The database does not answer; what is shown of it is what it said last." if hangs else ""
        return self._value, self._error

    def _read(self) -> None:
        try:
            self._value, self._error = self._ask(), ""
        except StoreError as error:
            self._error = str(error)


class Monitor:
    """The little HTTP server; a context manager. ``answer`` gives the health, ``count`` the metrics or None when not asked."""

    def __init__(self, port: int, answer: Callable[[], Health], count: Callable[[], bytes] | None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    self._answer()
                except StoreError as error:
                    self._send(503, "text/plain; charset=utf-8", f"{error}\n".encode())

            def _answer(self) -> None:
                if self.path == "/health":
                    found = answer()
                    self._send(
                        503 if found.status in ("stale", "trouble") else 200, "application/json", msgspec.json.encode(found)
                    )
                elif self.path == "/metrics" and count is not None:
                    self._send(200, "text/plain; version=0.0.4; charset=utf-8", count())
                else:
                    self._send(404, "text/plain", b"Here are /health and, when asked for, /metrics.\n")

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: one line per probe would drown what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="monitor", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
