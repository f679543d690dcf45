"""What else speaks for an answer that was heard, beside its sound."""

from __future__ import annotations

from typing import Literal

from engine.core.records import Frozen


class Support(Frozen, frozen=True):
    """One thing that made a reading likelier than it sounded, and by how much: a factor of its odds.

    `area`: the caller's area code, in `detail`, serves where the ZIP code is. `heard_before`: another attempt
    at the same question, which began at `detail` (milliseconds of the call), was heard as the same value.
    """

    kind: Literal["area", "heard_before"]
    detail: str
    odds: float
