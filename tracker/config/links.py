"""``[[link]]``: the user's own word on which registrations are one trial."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.config.table import Table
from tracker.config.trials import trial_number
from tracker.model.links import LinkRule


def read_links(tables: Iterable[Table]) -> tuple[LinkRule, ...]:
    """Each table names two registrations of any registry, and adds their link or refuses it."""
    found: list[LinkRule] = []
    for table in tables:
        refuse = table.flag("refuse", default=False)
        given = table.texts("trials")
        table.missing("trials", 'Name the two registrations: trials = ["NCT07177911", "2023-501234-12-00"].')
        keys = [_key(table, index, text) for index, text in given]
        if "trials" not in table or None in keys:
            continue
        named = tuple(dict.fromkeys(key for key in keys if key))
        if len(named) != 2:
            table.wrong("trials", "A link is of two registrations. Write two numbers, and one table for each further pair.")
        elif twin := next((one for one in found if set(one.trials) == set(named)), None):
            table.wrong("trials", f"This pair is {'refused' if twin.refuse else 'added'} above already. Write it once.")
        else:
            found.append(LinkRule(trials=(named[0], named[1]), refuse=refuse))
    return tuple(found)


def _key(table: Table, index: int, text: str) -> str | None:
    number = trial_number(text)
    if isinstance(number, str):
        table.wrong("trials", number, index)
        return None
    return number.key
