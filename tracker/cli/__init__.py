"""The ``tracker`` command: a few lines a command over the layers below."""

from __future__ import annotations


def main() -> None:
    """Run the ``tracker`` command."""
