"""A set of the registry's numbers that stays small however many it holds: a bit for each, in blocks that come as needed."""

from __future__ import annotations

from tracker.sources.ctgov.payload import NUMBER

_BLOCK = 1 << 16


class NumberSet:
    """NCT numbers: 600,000 of them take about a megabyte, where a set of texts would take fifty. Other texts are rare."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._others: set[str] = set()
        self._count = 0

    def add(self, number: str) -> bool:
        """Put a number in; False if it was there."""
        if number in self:
            return False
        self._count += 1
        if NUMBER.match(number):
            block, place, mask = _place(number)
            self._blocks.setdefault(block, bytearray(_BLOCK // 8))[place] |= mask
        else:
            self._others.add(number)
        return True

    def __contains__(self, number: str) -> bool:
        if not NUMBER.match(number):
            return number in self._others
        block, place, mask = _place(number)
        return block in self._blocks and bool(self._blocks[block][place] & mask)

    def __len__(self) -> int:
        return self._count


def _place(number: str) -> tuple[int, int, int]:
    """The block, the byte in it, and the bit in that."""
    block, bit = divmod(int(number[3:]), _BLOCK)
    return block, bit // 8, 1 << (bit % 8)
