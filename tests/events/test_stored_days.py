"""The days that follow from a record are stored by rules of a version, and are all that the calendar goes by."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import known, make_record
from tracker import sources
from tracker.events import calendar_events
from tracker.events.due_dates import due_dates
from tracker.model.dates import RegistryDate
from tracker.model.deadline import RULES
from tracker.model.event import Seen, Version
from tracker.model.source import Document

CTGOV = sources.load()["ctgov"]
FIXTURES = Path(__file__).parents[1] / "fixtures" / "ctgov"
BY_RULES = {1: "da9952d9eb8cafcf", 2: "da9952d9eb8cafcf"}
AT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
DAYS = st.dates(date(2022, 1, 1), date(2028, 12, 31))
DATES = st.one_of(
    st.none(),
    st.builds(
        lambda day, form, kind: RegistryDate(day.strftime(form), kind),
        DAYS,
        st.sampled_from(("%Y-%m-%d", "%Y-%m", "%Y")),
        st.sampled_from(("ESTIMATED", "ACTUAL", None)),
    ),
)


def test_who_changes_a_rule_raises_its_version() -> None:
    """Stored days are made anew only when RULES is raised: raise it, and note here what the new rules say."""
    said = []
    for path in sorted(FIXTURES.glob("*[a-z].json")):
        if path.name.endswith(".golden.json"):
            continue
        number = msgspec.json.decode(path.read_bytes())["protocolSection"]["identificationModule"]["nctId"]
        document = Document(
            source="ctgov",
            trial=f"ctgov:{number}",
            url="https://registry.test",
            body=path.read_bytes(),
            content_type="application/json",
            fetched_at=AT,
            as_of=AT,
        )
        said += [
            (path.stem, due.kind, due.effects, due.due, due.true_from)
            for due in due_dates(CTGOV.parse(document).record, CTGOV.info)
        ]
    assert BY_RULES[RULES] == hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


@given(
    start=DATES,
    primary=DATES,
    completion=DATES,
    verified=DATES,
    status=st.sampled_from(("RECRUITING", "COMPLETED", "TERMINATED", "UNKNOWN", "WITHDRAWN")),
    since=st.dates(date(2023, 1, 1), date(2028, 1, 1)).map(lambda day: datetime(day.year, day.month, day.day, 9, tzinfo=UTC)),
    length=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_what_comes_true_comes_on_a_day_that_is_stored(
    start: RegistryDate | None,
    primary: RegistryDate | None,
    completion: RegistryDate | None,
    verified: RegistryDate | None,
    status: str,
    since: datetime,
    length: timedelta,
) -> None:
    """No event without a stored day after the one and by the other; so a record without one need not be read."""
    record = make_record(
        start_date=start,
        primary_completion_date=primary,
        completion_date=completion,
        verified_on=verified,
        recruitment_status=status,
    )
    seen = Seen(sha256="0" * 64, first_seen_at=since, last_seen_at=since)
    told = calendar_events(Version(record=record, seen=seen), since=since, at=since + length, known=known())
    days = [due.true_from for due in due_dates(record, CTGOV.info) if due.true_from]
    came = [day for day in days if since.date() < day <= (since + length).date()]
    assert bool(told) == bool(came)
