"""What a story says of those outside who are asked during the call: bidders, web services, models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from engine.core.conditions import Value
from engine.core.events import BidOutcome, LookupOutcome
from engine.core.model_events import Fill, ModelFailure
from engine.core.money import parse_money
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.language.yaml.units import duration_ms

BID_WORDS = ("no_bid", "late", "malformed", "failed", "breaker_open")
LOOKUP_WORDS = ("notfound", "timeout", "failed")
MODEL_WORDS = ("timeout", "failed", "malformed", "unset")
ANSWERS_AFTER_MS = 150


@dataclass(frozen=True, slots=True)
class BidPlan:
    """What a bidder answers when it is asked for its price, and when it is told that it won."""

    outcome: BidOutcome = "bid"
    amount_micros: int = 0
    after_ms: int = ANSWERS_AFTER_MS
    confirms: bool = True
    to: str = ""
    expires_ms: int | None = None  # how long the bid is good, from when it came


@dataclass(frozen=True, slots=True)
class LookupPlan:
    """What a lookup comes to: `fields` by answer, where it finds something."""

    outcome: LookupOutcome = "found"
    fields: Mapping[str, Value] = field(default_factory=dict)
    after_ms: int = ANSWERS_AFTER_MS


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One reply of a language model, or how it fails."""

    says: str = ""
    fills: tuple[Fill, ...] = ()
    leaves: str = ""
    after_ms: int = ANSWERS_AFTER_MS
    failure: ModelFailure | None = None


SAYS_NOTHING = BidPlan("no_bid")
KNOWS_NOTHING = LookupPlan("failed")
REPLIES_NO_MORE = ModelPlan(failure="failed")


@dataclass(frozen=True, slots=True)
class Outside:
    """Everybody outside: bidders by the buyer's name, lookups and a model's replies by the node's.

    Who is not named does not bid; what is not named fails, and so does a model that has no reply left.
    """

    bids: Mapping[str, BidPlan] = field(default_factory=dict)
    lookups: Mapping[str, LookupPlan] = field(default_factory=dict)
    models: Mapping[str, tuple[ModelPlan, ...]] = field(default_factory=dict)

    def bid(self, buyer: str) -> BidPlan:
        return self.bids.get(buyer, SAYS_NOTHING)

    def lookup(self, node: str) -> LookupPlan:
        return self.lookups.get(node, KNOWS_NOTHING)

    def model(self, node: str, number: int) -> ModelPlan:
        """Its reply at the node, of all in the call the `number`-th, from 1."""
        replies = self.models.get(node, ())
        return replies[number - 1] if number <= len(replies) else REPLIES_NO_MORE


NOBODY_OUTSIDE = Outside()


def bid_said(said: str) -> BidPlan | None:
    """`31.50`, or one of BID_WORDS, as a plan; None for anything else."""
    if said in BID_WORDS:
        return BidPlan(cast("BidOutcome", said))
    try:
        return BidPlan(amount_micros=parse_money(said))
    except ValueError:
        return None


def read_outside(document: Document, path: Pointer) -> Outside:
    """What the story under `path` says; its shape is checked."""
    bids, lookups, models = (*path, "bids"), (*path, "lookups"), (*path, "model")
    return Outside(
        {buyer: _bid(document, (*bids, buyer)) for buyer in mapping_at(document, bids)},
        {node: _lookup(document, (*lookups, node)) for node in mapping_at(document, lookups)},
        {node: _replies(document, (*models, node)) for node in mapping_at(document, models)},
    )


def _lookup(document: Document, path: Pointer) -> LookupPlan:
    said = text_at(document, path)
    if said is not None:
        return LookupPlan(cast("LookupOutcome", said))
    fields = mapping_at(document, path)
    return LookupPlan("found", {name: cast("Value", value) for name, value in fields.items()})


def model_said(said: str) -> ModelPlan:
    """One of MODEL_WORDS, or words to say."""
    return ModelPlan(failure=cast("ModelFailure", said)) if said in MODEL_WORDS else ModelPlan(said)


def _replies(document: Document, path: Pointer) -> tuple[ModelPlan, ...]:
    listed = value_at(document, path)
    return tuple(
        [_reply(document, (*path, at)) for at in range(len(listed) if isinstance(listed, list) else 0)]
    )


def _reply(document: Document, path: Pointer) -> ModelPlan:
    said = text_at(document, path)
    if said is not None:
        return model_said(said)
    fills, after = value_at(document, (*path, "fills")), text_at(document, (*path, "after"))
    return ModelPlan(
        says=text_at(document, (*path, "says")) or "",
        fills=tuple(
            [
                Fill(
                    text_at(document, (*path, "fills", at, "answer")) or "",
                    document.raw((*path, "fills", at, "value")) or "",
                    text_at(document, (*path, "fills", at, "quote")) or "",
                )
                for at in range(len(fills) if isinstance(fills, list) else 0)
            ]
        ),
        leaves=text_at(document, (*path, "leaves")) or "",
        after_ms=ANSWERS_AFTER_MS if after is None else cast("int", duration_ms(after)),
    )


def _bid(document: Document, path: Pointer) -> BidPlan:
    said = bid_said(text_at(document, path) or "")
    if said is not None:
        return said
    after = text_at(document, (*path, "after"))
    return BidPlan(
        amount_micros=parse_money(text_at(document, (*path, "amount")) or "0"),
        after_ms=ANSWERS_AFTER_MS if after is None else cast("int", duration_ms(after)),
        confirms=value_at(document, (*path, "confirms")) is not False,
        to=text_at(document, (*path, "to")) or "",
        expires_ms=duration_ms(text_at(document, (*path, "expires")) or ""),
    )
