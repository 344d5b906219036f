"""The columns that readers keep of their own in a ``trials_file``, behind those of a table."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.archive import Archive, Names
from tracker.export.table import Column, Value
from tracker.model.record import TrialRecord


class OwnColumns:
    """The columns of all watches, or of one; where ``taken`` has a name already, the own one has ``own_`` in front."""

    def __init__(self, archive: Archive, watch: str | None, taken: Sequence[Column]) -> None:
        watches = [one for one in archive.watches if watch in (None, one.name)]
        self._names = Names(watches, archive.sources)
        self._titles: dict[str, str] = {}
        for name in (name for one in watches for name in one.columns):
            self._titles.setdefault(name.casefold(), name)
        used = {column.name.casefold() for column in taken}
        columns = []
        for folded, title in self._titles.items():
            while folded in used:
                folded, title = f"own_{folded}", f"own_{title}"
            used.add(folded)
            columns.append(Column(title))
        self.columns = tuple(columns)

    def cells(self, trial: str, record: TrialRecord | None = None) -> tuple[Value, ...]:
        """What is said of a trial under each of them."""
        said = self._names.own_words(trial, record).columns
        return tuple(said.get(name) for name in self._titles)
