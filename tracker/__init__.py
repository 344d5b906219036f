"""A clinical-trial registry tracker: it keeps every version of a record, says what changed, and tells the right people once."""

__version__ = "0.1.0"

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.library import Tracker, open

__all__ = ["Tracker", "open"]


def __getattr__(name: str) -> Any:
    """What `tracker.library` offers, imported when first asked for: commands need none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tracker import library

    return getattr(library, name)
