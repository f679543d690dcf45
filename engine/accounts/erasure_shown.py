"""What was erased of a call, as it is shown."""

from __future__ import annotations

from engine.accounts.shown import Shown
from engine.store.instants import iso_of
from engine.store.tables.erasures import Erasure


class ErasureShown(Shown, frozen=True, kw_only=True):
    """Something of a call that was erased: all of a person, its numbers, answers, transcripts or journal."""

    what: str
    at: str
    by: str

    @classmethod
    def of(cls, erasure: Erasure) -> ErasureShown:
        return cls(what=erasure.what, at=iso_of(erasure.made_at or erasure.asked_at), by=erasure.made_by)
