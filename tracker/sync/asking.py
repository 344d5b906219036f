"""Asking a source for records, so that a mistake of this program in reading an answer costs the trials at fault alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.detect.batch import broken
from tracker.errors import TrackerError
from tracker.model.source import Answer, Asked, DataVersion, Fetch, Source

MOST_MISTAKES = 60
"""Mistakes in one run after which nothing smaller is tried: one trial in a batch of 500 at fault makes ten."""


def answers(source: Source, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
    """One answer for each trial that is asked for.

    When the source itself makes a mistake, those without an answer are asked for again in halves, until the trials that it
    cannot read stand alone: these have failed. Errors that a source raises on purpose are not touched.
    """
    parts = [tuple(asked)]
    mistakes = 0
    while parts:
        part = parts.pop()
        waiting = {one.trial: one for one in part}
        try:
            for answer in source.retrieve(part, fetch, data):
                waiting.pop(answer.trial, None)
                yield answer
        except TrackerError:
            raise
        except Exception as error:
            mistakes += 1
            left = tuple(waiting.values())
            if len(left) > 1 and mistakes < MOST_MISTAKES:
                parts += [left[len(left) // 2 :], left[: len(left) // 2]]
            else:
                yield from (broken(one.trial, error) for one in left)
