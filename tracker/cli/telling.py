"""Commands about what is sent: digest, outbox, channel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from tracker import clock
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.deliver.compose import Wanted
    from tracker.model.alert import Message
    from tracker.model.watch import Channel
    from tracker.store import Store


@click.command("digest")
@click.option("--since", metavar="7d|DATE", default="7d", show_default=True, help="From this day, or so far back, on.")
@click.option("--watch", metavar="WATCH", help="Only what this watch follows.")
@click.option("--format", "form", type=click.Choice(["text", "html", "json", "eml"]), default="text", help="How it is written.")
@click.option("--send", metavar="CHANNEL", help="Send it to this channel, beside the regular ones.")
@shared_options
def digest_command(shared: Shared, since: str, watch: str | None, form: str, send: str | None) -> int:
    """The change-log digest of a time span, to read here or to send. It never touches what the regular digests hold."""
    from tracker import deliver
    from tracker.render import machine, mail

    app = App(shared)
    app.require_watches([watch] if watch else [])
    now = clock.now()
    start = arguments.moment(since, app.timezone, now)
    if send:
        _channel(app, send)
    with app.store() as store:
        wanted = _wanted(store, watch, since=start)
        if (shared.json or form == "json") and not send:
            click.echo(machine.changes_json((event for event, _ in wanted.values()), contacts=app.settings.contacts), nl=False)
            return 0
        composer = deliver.Composer(app.settings, store, app.sources)
        watches = [watch] if watch else [one.name for one in app.settings.watches]
        content = composer.digest(send or "", wanted, now, cadence="on request", since=start, watches=watches)
        key = f"digest:{send}:on-request:{now.isoformat()}"
        message = deliver.make_message(app.settings, key, send or "", "digest", content, now)
        message = msgspec.structs.replace(message, events=tuple(wanted))
        if send:
            return _send(app, store, message)
    if form == "eml":
        sender = app.settings.mail.sender if app.settings.mail else "tracker@tracker.invalid"
        letter = mail.email(
            message, sender=sender, recipients=[sender], list_name="digest", unsubscribe_address=sender, date=now
        )
        click.echo(letter.as_bytes().decode("utf-8", "replace"), nl=False)
    else:
        click.echo(content.html if form == "html" else content.text)
    return 0


def _send(app: App, store: Store, message: Message) -> int:
    """Put a message into the outbox and have it sent with what else waits there; 3 when it has to wait itself."""
    from tracker import deliver
    from tracker.cli.words import print_delivery

    store.cut(message, (), clock.now())
    report = deliver.deliver(app.settings, store, app.sources, clock.now)
    mine = msgspec.structs.replace(report, tried=tuple(item for item in report.tried if item.key == message.key))
    if app.shared.json:
        app.emit({"messages": mine.tried})
    else:
        print_delivery(app, mine)
    return 0 if mine.sent else 3


def _wanted(store: Store, watch: str | None, since: datetime) -> Wanted:
    from tracker.model.event import EventFilter

    following: dict[str, list[str]] = {}
    for member in store.memberships():
        if watch in (None, member.watch):
            following.setdefault(member.trial, []).append(member.watch)
    found = store.events(EventFilter(since=since, watch=watch))
    return {event.id: (event, tuple(following.get(event.trial, ()))) for event in found}


def _channel(app: App, name: str) -> Channel:
    for channel in app.settings.channels:
        if channel.name == name:
            return channel
    names = ", ".join(channel.name for channel in app.settings.channels) or "none"
    raise UsageError(f"There is no channel {name}.", remedy=f"Channels in {app.config_path}: {names}.")


@click.command("outbox")
@click.argument("action", type=click.Choice(["list", "retry", "drop"]), default="list")
@click.argument("key", required=False)
@shared_options
def outbox_command(shared: Shared, action: str, key: str | None) -> int:
    """What waits to be sent, and why. `retry [KEY]` tries again now, `drop KEY` never sends it."""
    from tracker import deliver
    from tracker.cli.words import counted, print_delivery
    from tracker.render import tables

    app = App(shared)
    with app.store() as store:
        if action == "drop":
            if not key:
                raise UsageError("Which message is to be dropped?", remedy="`tracker outbox` lists the keys.")
            store.drop(key, "dropped by hand", clock.now())
            if shared.json:
                app.emit({"dropped": key})
            else:
                app.print(f"Dropped {key}.")
            return 0
        if action == "retry":
            store.retry(key, clock.now())
            report = deliver.deliver(app.settings, store, app.sources, clock.now)
            if shared.json:
                app.emit({"messages": report.tried})
            elif report.tried or report.busy:
                print_delivery(app, report)
            else:
                app.print("Nothing waits: every message is on its way.")
            return 0 if report.clean else 3
        view = store.outbox()
        if shared.json:
            app.emit(view)
            return 0
        if view.messages:
            app.show(tables.outbox_grid(view.messages, app.timezone))
            app.print("", "`tracker outbox retry KEY` tries one again now, `tracker outbox drop KEY` never sends it:")
            app.print(*(f"  {message.key}" for message in view.messages), "")
        for tally in view.alerts:
            why = f" ({tally.reason})" if tally.reason else ""
            app.print(
                f"{counted(tally.count, 'alert')} of watch {tally.watch} to {tally.channel}: {tally.state}, {tally.when}{why}"
            )
        if not view.messages and not view.alerts:
            app.print("Nothing waits: every message is on its way.")
    return 0


@click.command("channel")
@click.argument("action", type=click.Choice(["test"]), expose_value=False)
@click.argument("name")
@shared_options
def channel_command(shared: Shared, name: str) -> int:
    """Send a test message through a channel: `tracker channel test NAME`."""
    from tracker import deliver
    from tracker.errors import DeliveryError

    app = App(shared)
    try:
        deliver.send_test(app.settings, _channel(app, name), clock.now())
    except DeliveryError as error:
        if not shared.json:
            raise
        app.emit({"channel": name, "ok": False, "error": str(error)})
        return 1
    if shared.json:
        app.emit({"channel": name, "ok": True, "error": ""})
    else:
        app.print(f"Channel {name} took a test message.")
    return 0


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
    with app.store() as store:
        if ended is not None:
            store.unsilence(ended)
        elif trial or watch or kind:
            key = arguments.trial_key(app, trial) if trial else None
            at = arguments.moment(span, app.timezone, now)  # a span is read as so far back; a day may lie ahead
            until = at if at > now else now + (now - at)
            store.silence(until, now, trial=key, watch=watch, kind=kind, reason=reason)
        muted = store.silences(now)
    if shared.json:
        app.emit({"silences": muted})
        return
    for one in muted:
        named = ", ".join(part for part in (one.trial, one.watch and f"watch {one.watch}", one.kind) if part)
        why = f": {one.reason}" if one.reason else ""
        app.print(f"{one.id}. {named}, until {one.until.astimezone(app.timezone):%Y-%m-%d %H:%M}{why}")
    if not muted:
        app.print("Nothing is muted.")
