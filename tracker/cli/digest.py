"""The ``digest`` command: the change-log digest of a time span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from tracker import clock
from tracker.archive.asked import moment
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from tracker.model.alert import Message
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
    from tracker.model.event import EventFilter
    from tracker.render import machine

    app = App(shared)
    app.require_watches([watch] if watch else [])
    now = clock.now()
    start = moment(since, timezone=app.timezone, now=now)
    if send:
        app.channel(send)
    with app.store() as store:
        archive = app.archive_of(store)
        if (shared.json or form == "json") and not send:
            changes = archive.changes(EventFilter(since=start, watch=watch))
            app.write(machine.changes_json(changes, contacts=app.settings.contacts))
            return 0
        messages = deliver.Composer(app.settings, archive).on_request(send or "", now, since=start, watch=watch)
        if send:
            return _send(app, store, messages)
    [message] = messages
    match form:
        case "eml":
            app.write([_eml(app, message)])
        case "html":
            click.echo(message.html)
        case _:
            click.echo(message.text)
    return 0


def _eml(app: App, message: Message) -> str:
    from tracker.render import mail

    sender = app.settings.mail.sender if app.settings.mail else "tracker@tracker.invalid"
    made = mail.email(
        message,
        sender=sender,
        recipients=[sender],
        list_name="digest",
        unsubscribe_address="",
        date=message.created_at,
    )
    return made.as_bytes().decode("utf-8", "replace")


def _send(app: App, store: Store, messages: Sequence[Message]) -> int:
    """Put messages into the outbox and have them sent with what else waits there; 3 when one has to wait."""
    from tracker import deliver
    from tracker.cli.output import print_delivery
    from tracker.model.alert import Cut

    first, *others = messages
    keys = {message.key for message in messages}
    store.cut(first, (), clock.now(), further=[Cut(message=message) for message in others])
    report = deliver.deliver(app.settings, store, app.judging_sources, clock.now)
    mine = msgspec.structs.replace(report, tried=tuple(item for item in report.tried if item.key in keys))
    if app.shared.json:
        app.emit({"messages": mine.tried})
    else:
        print_delivery(app, mine)
    return 0 if mine.sent == len(messages) else 3
