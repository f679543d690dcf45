"""Sets of a panel's buyers as integers: bit i stands for the buyer at place i.

Union, meet and count of ten thousand buyers cost a microsecond each, whoever they are.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from itertools import compress, count

_IN, _OUT = ord("1"), ord("0")
_BITS_OF_A_PLACE = 32
_STEP = 128  # how many of an order's places lie between two sets that are kept


def set_of(places: Iterable[int], size: int) -> int:
    """The set of these places, all below `size`."""
    digits = bytearray((_OUT,)) * (size + 1)
    for place in places:
        digits[size - place] = _IN
    return int(bytes(digits), 2)


def places_in(buyers: int) -> Sequence[int]:
    """The places of a set, lowest first."""
    return list(compress(count(), map("1".__eq__, bin(buyers)[:1:-1])))


class Posting:
    """A set that is kept by the ten thousand, one for each value that terms name.

    A ZIP that three buyers serve is kept as their three places, a state that half of them serve as bits.
    """

    __slots__ = ("_kept", "_size")

    def __init__(self, places: Collection[int], size: int) -> None:
        is_dense = len(places) * _BITS_OF_A_PLACE > size
        self._kept: int | array[int] = set_of(places, size) if is_dense else array("I", places)
        self._size = size

    @property
    def buyers(self) -> int:
        return self._kept if isinstance(self._kept, int) else set_of(self._kept, self._size)


class Ordering:
    """Places in an order of their own, and the set of the first so many of them.

    Every 128th such set is kept; what is asked for is one of them and the few places behind it.
    """

    __slots__ = ("_kept", "_places", "_size")

    def __init__(self, places: Sequence[int], size: int) -> None:
        self._places = array("I", places)
        self._size = size
        self._kept = [0]
        for start in range(0, len(places), _STEP):
            self._kept.append(self._kept[-1] | set_of(places[start : start + _STEP], size))

    def first(self, many: int) -> int:
        kept, rest = divmod(many, _STEP)
        return self._kept[kept] | set_of(self._places[many - rest : many], self._size)
