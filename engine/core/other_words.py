"""What an answer in other words than the operator's rests on."""

from __future__ import annotations

from engine.core.records import Frozen


class InOtherWords(Frozen, frozen=True):
    """Which option of a choice other words than its phrases stand for, and what each part found for it.

    `grammar` and `words` are 0 to 1, `meaning` is how near it is, -1 to 1; None where nothing told that.
    """

    option: str
    grammar: float
    words: float
    meaning: float | None = None
