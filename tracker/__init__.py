"""A clinical-trial registry tracker: it keeps every version of a record, says what changed, and tells the right people once."""

__version__ = "0.1.0"
