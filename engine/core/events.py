"""What happened to a call. Events are the machine's only input and, in order, the call's journal.

Every event carries `at`: whole milliseconds since the call's start. Fields hold only JSON's own types
and records of them, so that an event read back from a journal equals the one that was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LegOutcome = Literal["completed", "busy", "noanswer", "rejected", "failed"]
EndedBy = Literal["caller", "buyer", "flow", "network", "error"]

CALLER = "caller"  # the caller's leg; the others are named when they are dialled


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier call of the same caller that reached a buyer: what duplicate clauses look at."""

    buyer: str
    started_at: int  # milliseconds since 1970, UTC
    billed: bool


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller's leg is open and its audio flows: the first event of every journal."""

    at: int
    call: str
    carrier: str
    carrier_call: str
    caller_number: str  # E.164, or "" when it was withheld
    called_number: str  # E.164
    started_at: int  # milliseconds since 1970, UTC
    seed: int  # what every draw of this call comes from
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptPlayed:
    """The carrier says that the prompt was heard to its end."""

    at: int
    leg: str
    prompt: str


@dataclass(frozen=True, slots=True)
class PromptCleared:
    """The prompt was cut; `heard_ms` of it had been heard."""

    at: int
    leg: str
    prompt: str
    heard_ms: int


@dataclass(frozen=True, slots=True)
class PromptFailed:
    """The prompt could not be made or sent. The call goes on as if it had been heard."""

    at: int
    leg: str
    prompt: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key: 0-9, *, #, A-D."""

    at: int
    leg: str
    key: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    at: int
    timer: str


@dataclass(frozen=True, slots=True)
class ReservationGranted:
    at: int
    reservation: str


@dataclass(frozen=True, slots=True)
class ReservationRefused:
    """A cap was full when the reservation was tried. `code` names it: cap_concurrent, cap_day, …"""

    at: int
    reservation: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LegRinging:
    at: int
    leg: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """Somebody picked up and the leg's audio flows."""

    at: int
    leg: str


@dataclass(frozen=True, slots=True)
class LegBridged:
    """The leg and the caller hear each other."""

    at: int
    leg: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The leg is over. `outcome` is completed where it had been answered."""

    at: int
    leg: str
    outcome: LegOutcome
    ended_by: EndedBy
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The caller's leg is gone, by hang-up or by a broken connection."""

    at: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallInterrupted:
    """The engine could not go on: a fault of its own, a worker that died, a shutdown."""

    at: int
    reason: str


Event = (
    CallArrived
    | PromptPlayed
    | PromptCleared
    | PromptFailed
    | KeyPressed
    | TimerFired
    | ReservationGranted
    | ReservationRefused
    | LegRinging
    | LegAnswered
    | LegBridged
    | LegEnded
    | CallerHungUp
    | CallInterrupted
)

EVENT_TYPES: tuple[type, ...] = (
    CallArrived,
    PromptPlayed,
    PromptCleared,
    PromptFailed,
    KeyPressed,
    TimerFired,
    ReservationGranted,
    ReservationRefused,
    LegRinging,
    LegAnswered,
    LegBridged,
    LegEnded,
    CallerHungUp,
    CallInterrupted,
)
