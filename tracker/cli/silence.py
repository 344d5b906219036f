"""The ``silence`` command: alerts muted for a while."""

from __future__ import annotations

import click

from tracker import clock
from tracker.archive.asked import moment
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError


@click.command("silence")
@click.argument("trial", required=False)
@click.option("--watch", metavar="WATCH", help="Only alerts of this watch.")
@click.option("--kind", metavar="KIND", help="Only this kind of change.")
@click.option("--for", "span", metavar="30d", default="30d", show_default=True, help="How long, or until which day.")
@click.option("--reason", metavar="TEXT", default="", help="Why; shown with what was muted.")
@click.option("--end", "ended", metavar="N", type=int, help="End the silence of this number.")
@shared_options
def silence_command(
    shared: Shared, trial: str | None, watch: str | None, kind: str | None, span: str, reason: str, ended: int | None
) -> None:
    """Mute alerts for a while; without arguments, list what is muted. Changes are kept and shown all the same."""
    from tracker.events import KINDS

    app, now = App(shared), clock.now()
    if kind is not None and kind not in KINDS:
        raise UsageError(f"There is no kind {kind}.", remedy="docs/changes.md lists them all.")
    app.require_watches([watch] if watch else [])
    warning = ""
    with app.store() as store:
        if ended is not None:
            store.unsilence(ended)
        elif trial or watch or kind:
            key = arguments.trial_key(app, trial) if trial else None
            at = moment(span, timezone=app.timezone, now=now)  # a span is read as so far back; a day may lie ahead
            until = at if at > now else now + (now - at)
            if key and not app.archive_of(store).watches_of([key]).get(key):
                warning = f"{key} is not followed, so this mutes nothing now. `tracker list` shows what is followed."
            store.silence(until, now, trial=key, watch=watch, kind=kind, reason=reason)
        muted = app.archive_of(store).silences(now)
    if shared.json:
        app.emit({"silences": muted, **({"warning": warning} if warning else {})})
        return
    if warning:
        app.say(f"warning: {warning}")
    for one in muted:
        named = ", ".join(part for part in (one.trial, one.watch and f"watch {one.watch}", one.kind) if part)
        why = f": {one.reason}" if one.reason else ""
        app.print(f"{one.id}. {named}, until {one.until.astimezone(app.timezone):%Y-%m-%d %H:%M}{why}")
    if not muted:
        app.print("Nothing is muted.")
