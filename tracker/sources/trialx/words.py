"""What the source says of itself and its reader shares."""

from __future__ import annotations

import re

AGES = "ages"
LISTING = re.compile(r"/clinical-trials/listings/(\d+)(?=[/?#]|\Z)", re.ASCII)
"""A listing's address, with its number."""
