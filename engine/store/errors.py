"""What can go wrong with the store, in words for whoever runs it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.core.events import ClaimRefused


class StoreError(Exception):
    """Something about the store that an operator can see and mend."""


class StoreMissing(StoreError):
    """There is no database where one was expected."""


class UnusableUrl(StoreError):
    """The database's URL names nothing that the store can work with."""


class DatabaseFails(StoreError):
    """The database itself fails: locked, read-only, full, damaged, away. `is_passing`: not for good."""

    def __init__(self, sentence: str, *, is_passing: bool) -> None:
        super().__init__(sentence)
        self.is_passing = is_passing


class FlushFailed(StoreError):
    """The database could not be written. What was appended is kept and tried again."""


class CallLost(StoreError):
    """Another worker has these calls now, or nobody ever opened them: nothing of ours may be added."""

    def __init__(self, calls: Collection[str]) -> None:
        super().__init__(
            f"not this worker's to write: {', '.join(sorted(calls))}; another worker took the call over, "
            "it has ended elsewhere, or its CallArrived was never appended"
        )


class RowsRefused(StoreError):
    """The database refused rows of one call for good; other calls are not touched by it."""

    def __init__(self, call: str, why: BaseException) -> None:
        super().__init__(f"call {call}: the database refused what was appended: {why}")
        self.call = call


class OwedAlready(StoreError):
    """What was to be billed late is owed for another call of the same caller."""

    def __init__(self, refused: ClaimRefused) -> None:
        super().__init__(f"the {refused.kind} of {refused.whose} is already owed for call {refused.call}")
        self.refused = refused


class CorrectionRefused(StoreError):
    """A correction that would change nothing, or that nothing stands behind."""


class DisputeRefused(StoreError):
    """A dispute that cannot be opened or decided; says why and what can."""


class ReportRefused(StoreError):
    """A report whose amounts cannot be added up."""


class AmbiguousCall(StoreError):
    """A call was named by a beginning that several calls have."""

    def __init__(self, prefix: str, calls: Sequence[str]) -> None:
        super().__init__(f"several calls start with '{prefix}': {', '.join(calls)}; add characters")


class SealError(StoreError):
    """The journal's key is missing or is not the one that the journal was sealed with."""
