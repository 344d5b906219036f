"""Every error the tracker raises on purpose, sorted by what the caller can do about it.

TrackerError                      anything below; carries a sentence and a remedy
├── ConfigError                   the configuration is wrong; all mistakes at once (exit 2)
├── UsageError                    the command was called wrongly (exit 2)
├── SourceError                   one trial, page or search could not be read; the run goes on (exit 3)
│   ├── FetchError                no usable answer came
│   │   ├── TransientFetchError   another try later makes sense: timeouts, slow answers, 429, 5xx, resets
│   │   ├── BlockedError          the host refuses us: 403, a challenge page, a login page
│   │   ├── TooLargeError         the answer passed the size cap
│   │   └── StatusError           another HTTP status (400, 404, 410 ...), kept in ``status``
│   ├── AnswerError               an answer came, but not the one that was asked for
│   │   └── LayoutError           the anchors of the page or payload are gone
│   └── SearchError               a search cannot be asked as it is written
├── StoreError                    the database cannot be used
│   ├── SchemaError               its schema is newer or older than this program
│   ├── DatabaseMissingError      it is not where this configuration last used it
│   ├── DatabaseReplacedError     its file was deleted, moved or replaced while it was open
│   ├── DatabaseDamagedError      it is damaged: nothing is written to it
│   ├── StaleLogError             the log beside it was left by another state of it
│   ├── LeaseHeldError            another process is at work on this source
│   └── LeaseLostError            our lease was taken over while we worked: nothing was written
├── DeliveryError                 a message was not accepted
│   ├── TransientDeliveryError    try again later
│   └── PermanentDeliveryError    give up and tell the operator
└── PassEndedError                a pass ends before its work is done; what it staged is kept
    ├── StoppedError              it was asked to: Ctrl-C, SIGTERM (exit 130, 143)
    └── PassLimitError            its time is over (exit 3)
"""

from __future__ import annotations

from typing import TypedDict, Unpack


def printable(text: str) -> str:
    """The text without control and direction characters, lines kept: errors quote what hosts say, and end on terminals."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


class TrackerError(Exception):
    """A sentence a person can act on: what happened, to what, and the remedy."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message, self.remedy = printable(message), printable(remedy)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigError(TrackerError):
    """All mistakes found in the configuration, each a full sentence with key and remedy."""

    def __init__(self, mistakes: list[str], *, path: str = "config.toml") -> None:
        self.mistakes = tuple(mistakes)
        self.path = path
        count = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__(f"{path} has {count}:\n" + "\n".join(f"  - {mistake}" for mistake in mistakes))


class UsageError(TrackerError):
    """The command line asks for something that cannot be."""


class Identity(TypedDict, total=False):
    """What is needed to find again what an error of a source is about, and its remedy."""

    remedy: str
    source: str
    trial: str
    url: str


class SourceError(TrackerError):
    """One trial or address could not be read; carries what is needed to find it again."""

    def __init__(self, message: str, *, remedy: str = "", source: str = "", trial: str = "", url: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.source = source
        self.trial = trial
        self.url = url


class FetchError(SourceError):
    """No usable answer came."""


class TransientFetchError(FetchError):
    """Another try later makes sense; ``retry_after`` is in seconds when the host named it."""

    def __init__(self, message: str, *, retry_after: float | None = None, **identity: Unpack[Identity]) -> None:
        super().__init__(message, **identity)
        self.retry_after = retry_after


class BlockedError(FetchError):
    """The host refuses us; ``whole_host`` is False when it refuses one page only (robots.txt, a login for this page).

    ``status`` is the HTTP status that says so, 0 when something else does.
    """

    def __init__(self, message: str, *, whole_host: bool = True, status: int = 0, **identity: Unpack[Identity]) -> None:
        super().__init__(message, **identity)
        self.whole_host = whole_host
        self.status = status


class TooLargeError(FetchError):
    """The answer passed the size cap and was dropped."""


class StatusError(FetchError):
    """An HTTP status that is neither an answer nor worth another try."""

    def __init__(self, message: str, *, status: int = 0, **identity: Unpack[Identity]) -> None:
        super().__init__(message, **identity)
        self.status = status


class AnswerError(SourceError):
    """An answer came, but not the one that was asked for."""


class LayoutError(AnswerError):
    """The anchors of the page or payload are gone: the parser must not guess."""


class SearchError(SourceError):
    """A search cannot be asked as it is written; ``problems`` says why, a sentence each."""

    def __init__(self, problems: tuple[str, ...], *, source: str = "") -> None:
        super().__init__(
            " ".join(problems), remedy="Correct it in the configuration; `tracker check` says where.", source=source
        )
        self.problems = problems


class StoreError(TrackerError):
    """The database cannot be used."""


class SchemaError(StoreError):
    """The database's schema is not the one this program works with."""


class DatabaseMissingError(StoreError):
    """The database is not where this configuration last used it: a new one would be a second baseline."""


class DatabaseReplacedError(StoreError):
    """The database's file was deleted, moved or replaced while it was open."""


class DatabaseDamagedError(StoreError):
    """The database is damaged: it is read as far as that goes, and nothing is written to it."""


class StaleLogError(StoreError):
    """The write-ahead log beside a SQLite database was left by another state of it."""


class LeaseHeldError(StoreError):
    """Another process holds the lease."""


class LeaseLostError(StoreError):
    """The lease was taken over while we worked; the write was refused."""


class DeliveryError(TrackerError):
    """A message was not accepted by its channel."""


class TransientDeliveryError(DeliveryError):
    """Another try later makes sense; ``retry_after`` is in seconds when the channel named it.

    ``no_server`` says that the mail server could not be spoken to at all: no channel that goes through it will do better.
    ``refused`` says that the answer was a final one: a rule, a quota or an address, which people mend in hours or days.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        retry_after: float | None = None,
        no_server: bool = False,
        refused: bool = False,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after
        self.no_server = no_server
        self.refused = refused


class PermanentDeliveryError(DeliveryError):
    """No further try will help."""


class PassEndedError(TrackerError):
    """The pass ends before its work is done. It is no fault of a source, so nothing counts as failed by it."""


class StoppedError(PassEndedError):
    """Somebody asked us to end."""


class PassLimitError(PassEndedError):
    """The time that a pass may take is over."""
