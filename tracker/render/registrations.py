"""Other registrations of a trial in words, with the reason where a link is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.model.ids import registry_title, split_key
from tracker.model.links import Doubt, Registration
from tracker.render import vocabulary
from tracker.render.safe_text import one_line

_LONGEST = 80
_CONDITIONS = 3


def short(found: Iterable[Registration], *, by_link: bool = False) -> str:
    """The numbers for a narrow column; a doubtful one has a question mark. ``by_link``: the row is followed for their sake."""
    numbers = ", ".join(f"{one.number}{'?' if one.link.doubtful else ''}" for one in found)
    return f"by link: {numbers}" if by_link else numbers


def followed_by_link(watches: Sequence[str]) -> str:
    """Why a trial is followed that no watch names or finds."""
    named = " and ".join(f"“{one_line(watch)}”" for watch in watches)
    several = len(watches) > 1
    follow = f"watches {named} follow" if several else f"watch {named} follows"
    return f"Followed by link: {follow} all registrations of {'their' if several else 'its'} trials."


def sentence(found: Sequence[Registration]) -> str:
    """The registrations in one line of a message, doubtful ones last and named as such; empty where there is none."""
    sure = [_named(one) for one in found if not one.link.doubtful]
    doubtful = [f"{_named(one)}, doubtful" for one in found if one.link.doubtful]
    return f"Also registered: {'; '.join([*sure, *doubtful])}" if sure or doubtful else ""


def line(one: Registration) -> str:
    """A registration with what is known of it: its status where its record is held, and how far its link holds."""
    status = f": {vocabulary.status(one.recruitment_status)}" if one.recruitment_status else ""
    unasked = "; its registry is not asked, so it is not followed" if one.unasked else ""
    return f"{_named(one)}{status} ({evidence(one)}{unasked})"


def evidence(one: Registration) -> str:
    """What a link rests on, or why it is in doubt."""
    link = one.link
    if link.doubt:
        return f"doubtful: {doubt(link.doubt)}"
    match link.how:
        case "both":
            return "each record names the other"
        case "names":
            return "named in this record"
        case "named_by":
            return "its record names this trial"
        case "through":
            return f"both belong to {_of(link.via or '')}"
        case "configured":
            return "linked in your configuration"


def doubt(why: Doubt) -> str:
    """Why a link is in doubt, as a clause."""
    match why.reason:
        case "same_registry":
            return "it is a number of the same registry, which gives a trial one number"
        case "shared_number":
            return f"{', '.join(_of(trial) for trial in why.trials)} give{'s' * (len(why.trials) == 1)} the same number"
        case "other_trial":
            (mine, theirs), (ours, others) = why.sponsors or ("", ""), why.conditions or ((), ())
            return (
                f"its record is of another sponsor ({_short(theirs)}, not {_short(mine)}) "
                f"and of another condition ({_listed(others)}, not {_listed(ours)})"
            )


def _named(one: Registration) -> str:
    return f"{one_line(one.registry)} {one_line(one.number)}"


def _of(trial: str) -> str:
    source, number = split_key(trial)
    return f"{registry_title(source)} {one_line(number)}"


def _short(text: str) -> str:
    return one_line(text, _LONGEST)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _CONDITIONS} more" if len(names) > _CONDITIONS else ""
    return ", ".join(_short(name) for name in names[:_CONDITIONS]) + more
