"""What is known of a call at one moment: all that the exchange may read of it.

A moment never changes, however the call goes on. It copies the few mappings that the call writes to, and
shares their entries and the evaluator; so it is made anew for each question.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.core.answers import AnswerType
from engine.core.conditions import Evaluator, Value
from engine.core.events import Bid, BillKind, CallArrived, ClaimRefused, Standing
from engine.core.facts import Answer, Leg
from engine.core.records import Frozen


class CallMoment(Frozen, frozen=True):
    """A call at `at`, in milliseconds since its start. `kinds` are its flow's answers."""

    arrived: CallArrived
    at: int
    node: str
    campaign: str
    publisher: str
    evaluator: Evaluator  # over what was known
    answers: Mapping[str, Answer]
    kinds: Mapping[str, AnswerType]
    sensitive: Collection[str]  # every name that reads a sensitive answer
    legs: Mapping[str, Leg]
    tried: Collection[str]
    bids: Mapping[str, Bid]  # by buyer, what was said when prices were asked for last
    standings: Mapping[str, Standing]  # by buyer, of the campaign surveyed last
    unpaid: Mapping[str, str]  # buyer → the full cap for which the publisher goes unpaid
    claimed: Mapping[tuple[BillKind, str], ClaimRefused | None]  # what was claimed to be billed
    is_in_parts: bool = False  # its phone call is, or may become, more than this one record

    @property
    def values(self) -> Mapping[str, Value]:
        """The names that expressions may read, with what was known."""
        return self.evaluator.values
