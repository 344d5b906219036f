"""What the trials of a run are judged by, loaded for some of them at a time: a run may be over a whole registry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tracker.detect.batch import RunContext, followed_by_link, joined_by, silent_by
from tracker.model.snapshot import TrackedTrial, with_kept
from tracker.model.source import DataVersion, Source
from tracker.model.vocabulary import Severity
from tracker.model.watch import Watch
from tracker.store import Store


@dataclass(frozen=True, kw_only=True)
class RunScope:
    """What holds for a whole run, and the context of some of its trials."""

    store: Store
    source: Source
    sources: Mapping[str, Source] = field(default_factory=dict)
    run: int
    data: DataVersion | None
    watches: Mapping[str, Watch] = field(default_factory=dict)
    overrides: Mapping[str, Severity] = field(default_factory=dict)
    calendar_at: datetime | None = None

    def context(self, tracked: Iterable[TrackedTrial]) -> RunContext:
        """The context of these trials; `believed` has been asked about them."""
        followed = {known.key: known for known in tracked}
        key, trials = self.source.info.key, followed.keys()
        members = self.store.memberships(key, trials)
        return RunContext(
            source=self.source,
            data=self.data,
            followed=followed,
            watches=self.watches,
            joined=joined_by([*members, *self.store.moved_memberships(key, trials)]),
            silent=silent_by(members),
            by_link=followed_by_link(members),
            entering=self.store.entering(self.run, trials),
            overrides=self.overrides,
            calendar_at=self.calendar_at,
        )

    def context_of(self, trials: Collection[str]) -> RunContext:
        """The same for trials of which only the keys are known."""
        return self.context(self.believed(self.store.followed(self.source.info.key, trials)))

    def believed(self, tracked: Collection[TrackedTrial]) -> list[TrackedTrial]:
        """The trials with the fields that their current versions keep from earlier ones."""
        versions = [known.current.id for known in tracked if known.current]
        kept = self.store.kept_fields(versions) if versions else {}
        return [with_kept(known, kept) for known in tracked]
