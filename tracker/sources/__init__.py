"""One file per registry or site; each ends with ``SOURCE``."""
