"""What a message reads beside its events: no more than it has room for."""

from __future__ import annotations

import msgspec

from tests.builders import DAY
from tests.deliver.builders import event
from tracker.deliver.compose import MOST_DESCRIBED, weightiest_trials
from tracker.model.event import Story
from tracker.model.vocabulary import Severity
from tracker.render import digest as pages


def story(number: int, severity: Severity = "notable") -> Story:
    return Story(id=f"s{number}", trial=f"ctgov:NCT{number:08}", severity=severity, parts=(f"e{number}",))


def test_the_records_of_the_weightiest_stories_are_read_each_once_and_no_more_than_a_message_can_show() -> None:
    light = [story(number) for number in range(1000)]
    heavy = [story(number, "major") for number in (999, 998, 5)]
    read = weightiest_trials([*light, *heavy])
    assert read[:5] == [f"ctgov:NCT{number:08}" for number in (999, 998, 5, 0, 1)]
    assert len(read) == len(set(read)) == MOST_DESCRIBED


def test_a_message_of_the_shortest_stories_shows_fewer_than_are_read() -> None:
    entries = tuple(
        pages.Entry(story=story(number), events=(msgspec.structs.replace(event(f"e{number}"), label=""),))
        for number in range(2 * MOST_DESCRIBED)
    )
    parts = pages.digest(pages.DigestInput(title="News", channel="me", entries=entries, followed=1, until=DAY))
    shown = sum(part.content.html.count('class="told"') for part in parts)
    assert 0 < shown < MOST_DESCRIBED
