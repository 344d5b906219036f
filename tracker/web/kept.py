"""What was made a moment ago, kept for those who ask the same: many readers open the same pages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Kept(Generic[Item]):
    """The last ``most`` items, each for one state of everything that it was made from. Several threads may ask.

    With ``weigh`` it keeps the last items that weigh so much together.
    """

    def __init__(
        self, *, most: int, fits: Callable[[Item], bool] = lambda _item: True, weigh: Callable[[Item], int] = lambda _item: 1
    ) -> None:
        self._most, self._fits, self._weigh, self._weight = most, fits, weigh, 0
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[object, ...], Item] = OrderedDict()
        self._gates: dict[tuple[object, ...], threading.Lock] = {}

    def get(self, key: tuple[object, ...], make: Callable[[], Item]) -> Item:
        """The item that was kept for ``key``, or a new one, which is kept if it ``fits``."""
        with self._lock:
            if key in self._found:
                return self._again(key)
            gate = self._gates.setdefault(key, threading.Lock())
        with gate:  # many may ask at once for what is dear to make: the first one makes it
            with self._lock:
                if key in self._found:
                    return self._again(key)
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._gates.pop(key, None)
            return made

    def __contains__(self, key: tuple[object, ...]) -> bool:
        """Whether an item is kept for ``key``."""
        with self._lock:
            return key in self._found

    def _again(self, key: tuple[object, ...]) -> Item:
        self._found.move_to_end(key)
        return self._found[key]

    def _keep(self, key: tuple[object, ...], made: Item) -> None:
        if not self._fits(made):
            return
        with self._lock:
            self._found[key] = made
            self._weight += self._weigh(made)
            while self._weight > self._most:
                self._weight -= self._weigh(self._found.popitem(last=False)[1])
