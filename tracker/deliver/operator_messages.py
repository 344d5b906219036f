"""Everything the operator is told: values in, one message out, for the one channel under ``[operator]``.

Callers say what happened; the sentences stand here alone. Without an operator's channel there is no message.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tracker.config import Settings
from tracker.deliver.channels import form_for
from tracker.deliver.messages import make_message
from tracker.model.alert import Message
from tracker.model.run import Run
from tracker.model.source import NO_LONGER_READABLE, Issue
from tracker.model.staging import NewIssue
from tracker.model.upkeep import CANARY, Incident, Lease
from tracker.model.watch import Sending
from tracker.render import notices, times
from tracker.render.safe_text import plural
from tracker.store import Store

MOST_NAMED = 5
MOST_ISSUES = 20

DOUBTED = "doubted:"
"""How the names of incidents begin that are about effects which wait for a second opinion; the source's key follows."""

UNKNOWN = "trials:unknown:"
"""How the names of incidents begin that are about a number no registry knows; the trial's key follows."""


LOOK = ("To see how everything stands:", "tracker doctor")
"""The command where nothing else is to be done."""

_NONE_LOST = "nothing is lost; what changes meanwhile is told once it can be read again."


class OperatorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, in sentences, what it means for the readers, and one command with the case it is for.

    ``key`` makes it unique.
    """

    key: str
    subject: str
    sentences: tuple[str, ...]
    readers: str
    command: tuple[str, str] = LOOK


def write(settings: Settings, given: OperatorMessage, now: datetime) -> Message | None:
    """The message for the outbox; None when the configuration names no channel for the operator."""
    channel = settings.operator.channel
    if channel is None:
        return None
    content = notices.operator(
        subject=given.subject,
        sentences=given.sentences,
        readers=given.readers,
        command=given.command,
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
        form=form_for(settings, channel),
    )
    return make_message(settings, f"operator:{given.key}", channel, "operator", content, now)


def cut(settings: Settings, store: Store, given: OperatorMessage, now: datetime, lease: Lease | None = None) -> None:
    """Put the message into the outbox, unless it was put there before or nobody is to get it."""
    message = write(settings, given, now)
    if message is not None:
        store.cut(message, (), now, lease=lease)


# --- delivery -------------------------------------------------------------------------------------------------------


def given_up(message: Message) -> OperatorMessage:
    """A message was given up: why, and what to do."""
    key = shlex.quote(message.key)
    return OperatorMessage(
        key=f"gave-up:{message.key}",
        subject=f"A message to “{message.channel}” was given up",
        sentences=(
            f"Nobody has been sent “{message.subject}”.",
            message.last_error,
            "It is not tried again by itself. Its changes stay in the change log.",
        ),
        readers=f"those of “{message.channel}” do not know of it.",
        command=("When the cause is mended, this sends it:", f"tracker outbox retry {key}"),
    )


def refused(key: str, subject: str, channel: str, refusals: Sequence[str]) -> OperatorMessage:
    """A message reached only some recipients of its channel; ``refusals`` are sentences."""
    return OperatorMessage(
        key=f"refused:{key}",
        subject=f"A message did not reach everybody on “{channel}”",
        sentences=(
            *refusals,
            f"The other recipients have “{subject}”, so it is not sent again. Correct the addresses of the channel.",
        ),
        readers="those at the refused addresses hear nothing until the addresses are corrected.",
        command=("After correcting them, try the channel:", f"tracker channel test {shlex.quote(channel)}"),
    )


def stopped_by_reader(sending: Sending, watches: Sequence[str], now: datetime) -> OperatorMessage:
    """A reader has stopped a series of messages by the link in one of them."""
    name = notices.sending_name(sending)
    return OperatorMessage(
        key=f"stopped:{sending.channel}:{sending.when}:{sending.watch}:{now.isoformat()}",
        subject=f"A reader of “{sending.channel}” stopped the {name}",
        sentences=("It was asked for by the link in one of the messages.", notices.about_watches(watches)),
        readers=f"nobody on “{sending.channel}” gets the {name} any more; changes are kept in the change log.",
        command=("This takes it up again:", notices.resume_command(sending)),
    )


# --- incidents ------------------------------------------------------------------------------------------------------


def incident(given: Incident, timezone: str, lost: Sequence[Message] = ()) -> OperatorMessage:
    """Something that lasts went wrong, or is well again; ``lost`` is what was given up and not sent since."""
    what = given.message.partition(": ")[0].rstrip(".")
    began = times.moment(given.since, times.zone(timezone))
    if given.ended_at is None:
        sentence = f"It began {began}. You hear again when it is over, not each time it is met."
        return OperatorMessage(
            key=_incident_key("began", given),
            subject=what,
            sentences=(_ended(given.message), sentence),
            readers=_while_it_lasts(given),
        )
    sentences = [f"It had lasted since {began}.", f"It was: {_ended(given.message)}"]
    if lost:
        named = ", ".join(f"“{message.subject}”" for message in lost[:MOST_NAMED])
        more = f" and {len(lost) - MOST_NAMED:,} more" if len(lost) > MOST_NAMED else ""
        sentences.append(f"Given up: {named}{more}.")
    return OperatorMessage(
        key=_incident_key("ended", given),
        subject=f"Over: {what}",
        sentences=tuple(sentences),
        readers=_when_over(given, lost),
        command=("This sends what was given up:", "tracker outbox retry") if lost else LOOK,
    )


def _when_over(given: Incident, lost: Sequence[Message]) -> str:
    if lost:
        return "they miss what was given up until it is sent."
    return "nothing was held back by this." if given.name.startswith(CANARY) else "they hear of changes again."


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def _while_it_lasts(given: Incident) -> str:
    """What an incident means for those who only read."""
    if given.name.startswith("channel:"):
        return "those of this channel get nothing meanwhile; messages wait, and are given up after five days."
    if given.name.startswith(DOUBTED):
        return "these changes are not told until they are confirmed; all others are."
    if given.name.startswith(CANARY):
        return "nothing is held back by this; what could not be read is told apart."
    if given.name.startswith("search:"):
        return "trials that newly match this search are not noticed meanwhile; all others are followed as ever."
    if given.name.startswith(("source:", "trials:")):
        return "digests say that these trials cannot be read; " + _NONE_LOST
    return _NONE_LOST


def held_run(given: Incident, run: Run, source_title: str, timezone: str) -> OperatorMessage:
    """A run of a source is held: the rule that says so with its numbers, and the two ways to decide.

    One message per run: a number that a message names must not be that of a run which another has replaced meanwhile.
    """
    counts = run.counts
    replaced = () if given.told_begin_at is None else ("It takes the place of the run that was held before it.",)
    numbers = f"{counts.checked:,} checked, {counts.changed:,} changed, {counts.failed:,} failed, {counts.events:,} events"
    return OperatorMessage(
        key=f"{_incident_key('held', given)}:{run.id}",
        subject=f"Run {run.id} of {source_title} is held",
        sentences=(
            *replaced,
            f"Health says: {run.verdict.sick}",
            f"The run, begun {times.moment(run.started_at, times.zone(timezone))}: {numbers}.",
            "Nothing of it is current and no alert of it is sent. Later runs compare with the last accepted versions; "
            "the next healthy run takes its place by itself. A change of over half of the trials is believed when the registry "
            "says the same in its data of another day, at least 20 hours later.",
        ),
        readers="they hear nothing from this source meanwhile, and their digests say so.",
        command=(
            "If the registry really changed this much, let it go (if the page or the connection was at fault, add --discard):",
            f"tracker release {run.id}",
        ),
    )


def source_unreadable(title: str, error: str) -> str:
    """The incident of a source that could not be read."""
    return f"{title} could not be read: {error}"


def cut_short(title: str, why: str) -> str:
    """The incident of a source that is not read to its end in the time of a pass; ``why`` says how far it was read."""
    return f"{title} was not read to its end in the time of one pass: {why}"


def run_held(title: str, reason: str) -> str:
    """The incident of a source whose run is held."""
    return f"A run of {title} is held: {reason}"


def effects_held(title: str, effects: Sequence[str]) -> str:
    """The incident of effects that too many trials have at once."""
    return (
        f"{title} changed many trials at once, without a new version of their records: {'; '.join(effects)}. Only these "
        "changes are held; they are accepted by themselves when the registry says the same in its data of another day, at "
        "least 20 hours later"
    )


def many_at_once(title: str, effects: Sequence[str]) -> str:
    """The incident of effects that more trials have at once than is usual, but too few to be held."""
    return (
        f"{title} changed several trials at once, without a new version of their records: {'; '.join(effects)}. They were "
        "told with that remark; the next run confirms or withdraws them"
    )


def trials_unreadable(title: str, errors: Sequence[str]) -> str:
    """The incident of a source at which some trials could not be read; each error names its trial."""
    more = f"; and {len(errors) - MOST_NAMED:,} more" if len(errors) > MOST_NAMED else ""
    return f"{plural(len(errors), 'trial')} could not be read at {title}: {'; '.join(errors[:MOST_NAMED])}{more}"


def older_data(title: str, outdated: Sequence[tuple[str, str]]) -> str:
    """The incident of a source that answers with older data than before; (trial or the source itself, what is older)."""
    named = [why if subject == title else f"{subject}: {why}" for subject, why in outdated[:MOST_NAMED]]
    more = f"; and {len(outdated) - MOST_NAMED:,} more" if len(outdated) > MOST_NAMED else ""
    return (
        f"{title} answers with older data than we have: {'; '.join(named)}{more}. "
        "Nothing of it is compared or told. A date of a record that went back is believed when newer data, at least 20 hours "
        "later, say it again."
    )


def no_such_trial(title: str, number: str) -> str:
    """The incident of a number that a source does not know."""
    return f"There is no such trial at {title}: {number}"


def unknown_numbers(given: Sequence[Incident], timezone: str) -> OperatorMessage:
    """Numbers that a source does not know, which began or ended together: found, or never to be found."""
    first, more = given[0], f" and {len(given) - 1:,} more" if len(given) > 1 else ""
    numbers = [known.name.rpartition(":")[2] for known in given]
    names = "" if len(given) == 1 else hashlib.sha256(" ".join(numbers).encode()).hexdigest()[:20]
    phase = "began" if first.ended_at is None else "ended"
    key = f"{_incident_key(phase, first)}{names and ':'}{names}"
    listed = tuple(f"{known.message}." for known in given[:MOST_ISSUES])
    listed += (f"And {len(given) - MOST_ISSUES:,} more.",) if len(given) > MOST_ISSUES else ()
    if phase == "ended":
        subject = f"Found after all: {numbers[0]}{more}"
        began = times.moment(first.since, times.zone(timezone))
        return OperatorMessage(
            key=key,
            subject=subject,
            sentences=(f"It was, since {began}:", *listed, "The registry has it now."),
            readers="they hear of its changes from now on.",
        )
    return OperatorMessage(
        key=key,
        subject=f"{first.message}{more}",
        sentences=(
            *listed,
            "It is asked for again whenever the registry has new data; you hear again when it is found, not each time.",
        ),
        readers="they hear nothing of it.",
        command=("If the number is wrong, stop following it:", f"tracker remove {shlex.join(numbers[:MOST_ISSUES])}"),
    )


def search_failed(watch: str, title: str, error: str) -> str:
    """The incident of a search that could not be listed; everything else was read."""
    return f"The search of watch “{watch}” could not be read at {title}: {error}"


def canary_died(title: str, asked: str, why: str, *, criterion: bool) -> str:
    """What is daily asked of a source to see whether it changed is not answered as it was."""
    if criterion:
        return f"{title} may not read a part of your searches any more: {asked}: {why}."
    return f"{title} may have changed: its known record {asked} is not read as it was: {why.rstrip('.')}."


def channel_dead(channel: str, why: str) -> str:
    """The incident of a channel that takes no messages."""
    return f"Channel “{channel}” takes no messages: {why}"


def _incident_key(phase: str, given: Incident) -> str:
    return f"{phase}:{given.name}:{given.since.isoformat()}"


# --- the tracker's own work -----------------------------------------------------------------------------------------


def work_fails(name: str, what: str, error: str, since: datetime) -> OperatorMessage:
    """A part of the daemon's work fails, sent past the outbox."""
    return OperatorMessage(
        key=f"work-began:{name}:{since.isoformat()}",
        subject=what,
        sentences=(error, f"It began {times.moment(since, UTC)} UTC. You hear again when it is over, not each time it is met."),
        readers="they may hear late; " + _NONE_LOST,
    )


def work_goes_on(name: str, error: str, since: datetime) -> OperatorMessage:
    """A part of the daemon's work that failed is done again."""
    return OperatorMessage(
        key=f"work-ended:{name}:{since.isoformat()}",
        subject="Over: the tracker works again",
        sentences=(f"It had lasted since {times.moment(since, UTC)} UTC.", f"It was: {error}"),
        readers="what waited is told now.",
    )


def stopped(error: str, now: datetime) -> OperatorMessage:
    """The tracker has stopped and does nothing until somebody acts."""
    return OperatorMessage(
        key=f"stopped:{now.isoformat()}",
        subject="The tracker has stopped: its database cannot be used",
        sentences=(error, "Nothing is looked at until this is mended."),
        readers="they hear nothing until then.",
    )


# --- registries -----------------------------------------------------------------------------------------------------


def new_issues(source: str, title: str, issues: Sequence[NewIssue]) -> OperatorMessage:
    """A source sent words or fields never met before: one message per run, with an example of each."""
    sentences = [
        _what_is_new(new.issue) + f" (met {new.count:,} times, for instance in {new.trial})" for new in issues[:MOST_ISSUES]
    ]
    if len(issues) > len(sentences):
        sentences.append(f"and {len(issues) - len(sentences):,} more.")
    names = " ".join(f"{new.issue.code} {new.issue.path} {new.issue.value}" for new in issues)
    return OperatorMessage(
        key=f"new:{source}:{hashlib.sha256(names.encode()).hexdigest()[:20]}",
        subject=f"{title} sends something new",
        sentences=("Values are kept as they came and compared as they are. You hear of each only once.", *sentences),
        readers="nothing is lost; a new word may read as the registry writes it.",
    )


def _what_is_new(issue: Issue) -> str:
    text = f": “{issue.value}”" if issue.value else ""
    if issue.code == NO_LONGER_READABLE:
        return f"{issue.path} can no longer be read{text}"
    return f"{issue.code.replace('_', ' ')} at {issue.path}{text}"


def reformatted(run: int | None, title: str, kinds: Sequence[str], trials: int, checked: int) -> OperatorMessage:
    """A registry made the same harmless edit in many records: one note instead of thousands of alerts."""
    return OperatorMessage(
        key=f"reformatted:{run}",
        subject=f"{title} reformatted its records",
        sentences=(
            f"The same kind of harmless edit (case, punctuation, the cut of lines) was made in {trials:,} of "
            f"{checked:,} records: {', '.join(kind.replace('_', ' ') for kind in kinds)}.",
            "These edits are in the change log; nobody is sent them. Other changes in these records are sent as ever.",
        ),
        readers="they are spared these edits and miss nothing else.",
    )


def gap(last: datetime) -> OperatorMessage:
    """The first contact after a long time in which this tracker did not run."""
    return OperatorMessage(
        key=f"gap:{last.isoformat()}",
        subject=f"nothing had run since {times.day(last, UTC)}",
        sentences=(
            f"The last accepted run was at {times.moment(last, UTC)} UTC; until now nothing was looked at.",
            "Changes of that time are found now, as one step; the interval in each event says so.",
        ),
        readers="they hear of that time's changes now, late.",
    )
