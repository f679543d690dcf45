"""What a language model answered when it was asked, or why not. Nothing of it is believed as it comes."""

from __future__ import annotations

from typing import Literal

from engine.core.records import Frozen

ModelFailure = Literal["timeout", "failed", "malformed", "unset"]


class Fill(Frozen, frozen=True):
    """What the model takes an answer to be, as text, and the caller's words that it says this rests on."""

    answer: str
    value: str
    quote: str


class ModelReplied(Frozen, frozen=True):
    """`text` is what it would say to the caller, `leave` the exit that it would take; "" for neither."""

    at: int
    asking: str
    text: str = ""
    fills: tuple[Fill, ...] = ()
    leave: str = ""
    ms: int = 0


class ModelFailed(Frozen, frozen=True):
    """No reply came in time, or none that can be read. `unset`: this engine has no model of that name."""

    at: int
    asking: str
    reason: ModelFailure
    ms: int = 0
    detail: str = ""


ModelAnswer = ModelReplied | ModelFailed


class FilledByModel(Frozen, frozen=True):
    """A language model read the answer into the caller's words.

    `is_alike`: the engine understood the same in them, and surely. `is_read_back`: it was said back to the
    caller, who said yes; the answer's question, times and hearing are then those of that.
    """

    model: str
    is_alike: bool
    is_read_back: bool
