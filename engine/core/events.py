"""What happened to a call. Events are the machine's only input and, in order, the call's journal.

Every event carries `at`: whole milliseconds since the call's start. Fields hold only JSON's own types
and records of them, so that an event read back from a journal equals the one that was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from engine.core.behaviour import BEHAVIOUR
from engine.core.conditions import Detail
from engine.core.leg_events import LegEvent
from engine.core.model_events import ModelAnswer
from engine.core.other_words import InOtherWords
from engine.core.prompt_events import PromptBegan
from engine.core.recording_events import RecordingEvent
from engine.core.records import Frozen
from engine.core.spoken_sound import SpokenSound
from engine.core.stream_events import StreamEvent

FORMAT = 3
"""How journals are written now. `engine.core.older` reads those of a lower number."""

LegOutcome = Literal[
    "completed", "busy", "noanswer", "rejected", "failed", "lost_race", "declined", "machine"
]
EndedBy = Literal["caller", "buyer", "flow", "network", "error"]

CALLER = "caller"  # the caller's leg; the others are named when they are dialled


class Contact(Frozen, frozen=True):
    """An earlier call of the same caller that reached a buyer: what duplicate clauses look at.

    `campaign` is "" where an older journal did not say it.
    """

    buyer: str
    started_at: int  # milliseconds since 1970, UTC
    billed: bool
    campaign: str = ""
    connected: bool = True  # the buyer and the caller talked
    paid: bool = False  # the publisher was paid for it


class Standing(Frozen, frozen=True):
    """How a buyer stands in a campaign now. What is not said is zero, never or not paused.

    `offered` counts the lately ended legs to the buyer, `billed` those of them that it pays for.
    """

    buyer: str
    paused: str | None = None  # why
    last_offered_at: int | None = None  # milliseconds since 1970, UTC
    offered: int = 0
    billed: int = 0


class CallArrived(Frozen, frozen=True):
    """A caller's leg is open and its audio flows, or is `gone` before: the first event of every journal.

    `format` says how the journal is written (`engine.core.journal`), `behaviour` how the machine acts on it
    (`engine.core.behaviour`); both are 1 where an older journal does not say. `salt` is random and keys the
    digests of what others gave (`engine.core.salted`).
    """

    at: int
    call: str
    carrier: str
    carrier_call: str
    caller_number: str  # E.164, or "" when it was withheld
    called_number: str  # E.164
    started_at: int  # milliseconds since 1970, UTC
    seed: int  # what every draw of this call comes from
    contacts: tuple[Contact, ...] = ()
    earlier_calls: tuple[int, ...] = ()  # when the same caller called lately, milliseconds since 1970
    claims: bool = False  # whether a bill is claimed before it is entered; older journals did not
    hears: bool = True  # whether the engine has ears: without them nobody can tell whether a caller speaks
    parameters: Mapping[str, str] = {}  # what the publisher sent along and signed
    parameters_ignored: str = ""  # why what it sent is not believed
    again_of: str = ""  # the earlier call that the same phone call was, where that is over for us
    opted_out: bool = False  # the caller asked before not to be called any more
    gone: Literal["", "hung_up", "no_stream"] = ""  # why its audio never flowed; the call is over at once
    practice: bool = False  # it is judged, and nobody is billed, told or counted for it
    format: int = FORMAT
    behaviour: int = BEHAVIOUR
    salt: str = ""


class PromptPlayed(Frozen, frozen=True):
    """The carrier says that the prompt was heard to its end."""

    at: int
    leg: str
    prompt: str


class PromptCleared(Frozen, frozen=True):
    """The prompt was cut; `heard_ms` of it had been heard."""

    at: int
    leg: str
    prompt: str
    heard_ms: int


class PromptFailed(Frozen, frozen=True):
    """The prompt could not be made or sent. The call goes on as if it had been heard."""

    at: int
    leg: str
    prompt: str
    reason: str


class KeyPressed(Frozen, frozen=True):
    """One key: 0-9, *, #, A-D."""

    at: int
    leg: str
    key: str


class Said(Frozen, frozen=True):
    """One reading of what was said, and how sure the recogniser is of it, 0 to 1.

    Where its words were weighed as `other` ones for an option, that certainty is of the option itself.
    """

    text: str
    confidence: float
    other: InOtherWords | None = None


class SpeechStarted(Frozen, frozen=True):
    """The caller began to speak while a question listened."""

    at: int
    listening: str


class SpeechHeard(Frozen, frozen=True):
    """The caller stopped, and this is what was understood; no text: nothing that the question allows.

    `started_at` and `ended_at` are when the words were said, in milliseconds since the call's start.
    """

    at: int
    listening: str
    text: str
    confidence: float
    alternatives: tuple[Said, ...]
    started_at: int
    ended_at: int
    engine: str
    sound: SpokenSound | None = None  # where it is listened for with its sound


class SpeechFailed(Frozen, frozen=True):
    """The caller spoke, and the recogniser failed: it died, hung or raised. The call goes on."""

    at: int
    listening: str
    reason: str


class TimerFired(Frozen, frozen=True):
    at: int
    timer: str


class ReservationGranted(Frozen, frozen=True):
    """The place is the call's. `unpaid` names the cap for which its publisher will not be paid, or is ""."""

    at: int
    reservation: str
    unpaid: str = ""


class ReservationRefused(Frozen, frozen=True):
    """A cap was full when the reservation was tried. `code` names it: cap_concurrent, cap_day, …"""

    at: int
    reservation: str
    code: str
    details: Mapping[str, Detail] = {}


BillKind = Literal["revenue", "payout"]


class ClaimRefused(Frozen, frozen=True):
    """The same is owed for this caller already, for `call`, which began `started_at` (ms since 1970).

    `whose` is the buyer that pays, or the campaign that a publisher is paid for.
    """

    kind: BillKind
    whose: str
    call: str
    started_at: int


class BillingClaimed(Frozen, frozen=True):
    """What was claimed is this call's to bill, but for what is refused."""

    at: int
    claim: str
    refused: tuple[ClaimRefused, ...] = ()


class Surveyed(Frozen, frozen=True):
    """How the campaign's buyers stand; who is not among them has nothing to say."""

    at: int
    campaign: str
    standings: tuple[Standing, ...]


BidOutcome = Literal["bid", "cached", "no_bid", "late", "malformed", "below_floor", "failed", "breaker_open"]


class Bid(Frozen, frozen=True):
    """What a buyer said when it was asked for a price, and how long it took to say so.

    Only with the outcomes `bid` and `cached` it stands. `to` is where the bidder wants the call, "" for its
    usual number; `name` is the bidder's own for this bid; `expires_at` is in milliseconds since the call's
    start.
    """

    buyer: str
    outcome: BidOutcome
    amount_micros: int = 0
    ms: int = 0
    detail: str = ""
    to: str = ""
    name: str = ""
    expires_at: int | None = None
    is_elsewhere: bool = False  # malformed: it wants the call at a number that the network doesn't dial


class BidsIn(Frozen, frozen=True):
    """Everybody who was asked for a bid has answered, or the deadline is over."""

    at: int
    ping: str
    bids: tuple[Bid, ...]


class BidConfirmed(Frozen, frozen=True):
    """The bidder was told that its bid won. It may still refuse, or name the number that it wants called.

    Where it did not say yes or no, it may have taken the call all the same: `is_clear` is false.
    """

    at: int
    confirmation: str
    accepted: bool
    ms: int
    detail: str = ""
    to: str = ""
    is_clear: bool = True


LookupOutcome = Literal["found", "notfound", "timeout", "failed"]


class LookedUp(Frozen, frozen=True):
    """A look-up is over. `fields` are the parts of the answer that were asked for, and no others.

    `sha256` is that of the whole answer; `cached` says that it was given for an earlier call.
    """

    at: int
    lookup: str
    outcome: LookupOutcome
    status: int = 0
    ms: int = 0
    sha256: str = ""
    detail: str = ""
    cached: bool = False
    fields: Mapping[str, str | bool | int | float] = {}


class BuyerTold(Frozen, frozen=True):
    """The buyer's webhook was told of the leg that is on its way to it, or could not be."""

    at: int
    leg: str
    outcome: Literal["delivered", "timeout", "failed"]
    ms: int = 0
    detail: str = ""


class LegRinging(Frozen, frozen=True):
    at: int
    leg: str


class LegAnswered(Frozen, frozen=True):
    """Somebody picked up and the leg's audio flows."""

    at: int
    leg: str


class LegBridged(Frozen, frozen=True):
    """The leg and the caller hear each other."""

    at: int
    leg: str


class LegEnded(Frozen, frozen=True):
    """The leg is over. `outcome` is completed where it had been answered.

    `is_ours` says that the carrier or we failed: who was called had no part in it.
    """

    at: int
    leg: str
    outcome: LegOutcome
    ended_by: EndedBy
    detail: str = ""
    is_ours: bool = False


class VoiceReplaced(Frozen, frozen=True):
    """A prompt was spoken by the default voice, because the chosen one failed. The caller hears no gap."""

    at: int
    leg: str
    prompt: str
    reason: str


class CallerHungUp(Frozen, frozen=True):
    """The caller's leg is gone. `detail` is how its stream ended (`engine.core.endings`), "" without one."""

    at: int
    detail: str = ""


class CommandFailed(Frozen, frozen=True):
    """A command could not be carried out, by a fault of the engine's own."""

    at: int
    command: str  # its type's name
    reason: str


class CallInterrupted(Frozen, frozen=True):
    """The engine could not go on: a fault of its own, a worker that died, a shutdown."""

    at: int
    reason: str


Event = (
    CallArrived
    | PromptBegan
    | PromptPlayed
    | PromptCleared
    | PromptFailed
    | KeyPressed
    | SpeechStarted
    | SpeechHeard
    | SpeechFailed
    | TimerFired
    | ReservationGranted
    | ReservationRefused
    | BillingClaimed
    | Surveyed
    | BidsIn
    | BidConfirmed
    | LookedUp
    | BuyerTold
    | LegRinging
    | LegAnswered
    | LegBridged
    | LegEnded
    | LegEvent
    | ModelAnswer
    | StreamEvent
    | VoiceReplaced
    | RecordingEvent
    | CallerHungUp
    | CommandFailed
    | CallInterrupted
)

EVENT_TYPES: tuple[type, ...] = get_args(Event)
