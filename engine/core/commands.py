"""What the machine asks of the world. Commands are its only output; the world answers by events.

Which event answers which command is told by the table in `engine.core.answering`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from engine.core.answers import AnswerType
from engine.core.conditions import Value
from engine.core.events import BillKind
from engine.core.facts import Fact, LedgerEntry
from engine.core.limits import PlaceTerms
from engine.core.prompts import PromptItem
from engine.core.records import Frozen
from engine.core.spoken_commands import NOTHING_SPOKEN, SpokenCommands


class Sound(Frozen, frozen=True):
    """A packaged sound by name: ringback, hold, beep, sorry."""

    name: str


class Tones(Frozen, frozen=True):
    """Keys as the tones of a keypad, one after another; a comma is a wait (`engine.core.extensions`)."""

    keys: str


class Play(Frozen, frozen=True):
    """Play the items one after another to a leg; `loop` repeats them until StopPlaying.

    A voice speaks them by so many percent `slower` than it would.
    """

    leg: str
    prompt: str
    items: tuple[PromptItem | Sound | Tones, ...]
    loop: bool = False
    slower: int = 0


class StopPlaying(Frozen, frozen=True):
    """Empty what the carrier still holds for this leg: what was not heard will not be."""

    leg: str


class Listen(Frozen, frozen=True):
    """Hear what the caller says as an answer of this kind, or as one of the `others` (command phrases).

    What is `spoken` as a command is heard in a sentence too ("can I talk to a person, please"). A turn ends
    after `complete_timeout_ms` of silence. Where nothing can hear, nothing comes of it. `language` is "" for
    the one that the call's flow begins in.
    """

    listening: str
    kind: AnswerType
    others: tuple[str, ...]
    complete_timeout_ms: int
    spoken: SpokenCommands = NOTHING_SPOKEN
    language: str = ""


class StopListening(Frozen, frozen=True):
    listening: str


class SetTimer(Frozen, frozen=True):
    timer: str
    after_ms: int


class CancelTimer(Frozen, frozen=True):
    timer: str


class Reserve(Frozen, frozen=True):
    """Take a place under all its `terms`, or none. Costs money: flushed before.

    Below behaviour RESERVES_UNDER_TERMS the `terms` were not told; nobody carries out such a command now.
    """

    reservation: str
    buyer: str
    campaign: str
    price_micros: int
    terms: PlaceTerms | None = None


class BillClaim(Frozen, frozen=True):
    """An amount that is owed unless the same was owed for this caller within so long.

    `whose` is the buyer that would pay, or the campaign that its publisher would be paid for.
    """

    kind: BillKind
    whose: str
    within_ms: int


class ClaimBilling(Frozen, frozen=True):
    """Make these the call's own to bill, each that no other call of the caller has. Flushed before.

    Asking again for what the call has already changes nothing.
    """

    claim: str
    claims: tuple[BillClaim, ...]


class Survey(Frozen, frozen=True):
    """Tell how the campaign's buyers stand: who was called last, who pays how often, who is paused."""

    campaign: str


class Release(Frozen, frozen=True):
    """Give the reservation back. Only a `used` one keeps counting against day, month and spend."""

    reservation: str
    used: bool


class Bidder(Frozen, frozen=True):
    """Whom to ask for a bid: where, within which time, and what it is told.

    `secret` names the secret that signs the request, "" for none. After `failures` in a row the bidder is
    left alone for `rest_ms`.
    """

    buyer: str
    url: str
    timeout_ms: int
    secret: str
    failures: int
    rest_ms: int
    answers: Mapping[str, Value]


class Ping(Frozen, frozen=True):
    """Ask them all at once; who has not answered `deadline_ms` later is late.

    Nobody learns the caller's number. `area` is the caller's area code, "" where it is not known.
    """

    ping: str
    campaign: str
    deadline_ms: int
    area: str
    bidders: tuple[Bidder, ...]


class Confirm(Frozen, frozen=True):
    """Tell a bidder that it gets this call, and who calls. Costs money: flushed before."""

    confirmation: str
    ping: str
    bid: str
    price_micros: int
    bidder: Bidder


class ReleaseBid(Frozen, frozen=True):
    """Tell a bidder that took the call, or may have, that it does not come. Nothing waits for it."""

    confirmation: str
    ping: str
    bid: str
    reason: str  # its leg's outcome, or not_called, unconfirmed, caller_hung_up, call_ended
    bidder: Bidder


class Told(Frozen, frozen=True):
    """Something that is told to somebody outside. A sensitive value is told, and written nowhere."""

    name: str
    value: Value
    sensitive: bool = False


class LookUp(Frozen, frozen=True):
    """Ask a web service, as a query string (get) or as JSON (post).

    `headers` hold `${NAME}` where a secret goes. `fields` tells which part of the JSON answer is wanted under
    which name (`home.owner`); `schema` is the JSON Schema that the answer must meet, "" for none. A good
    answer stands for the same question for `cache_ms`.
    """

    lookup: str
    node: str
    method: str
    url: str
    told: tuple[Told, ...]
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    schema: str
    timeout_ms: int
    cache_ms: int


class AnswerForm(Frozen, frozen=True):
    """An answer that a model may fill; `options` where its values are few: value → how it is said."""

    name: str
    kind: str
    options: Mapping[str, str] = {}


LineBy = Literal["caller", "model", "kept", "denied", "refused"]


class SpokenLine(Frozen, frozen=True):
    """A line of what was said so far. What the engine made of a reply stands there as well: an answer that
    was `kept`, `denied` by the caller or `refused` ("zip not_said").

    A sensitive one is in no journal: it follows from the events, which are sealed.
    """

    by: LineBy
    text: str
    sensitive: bool = False


class AskModel(Frozen, frozen=True):
    """Ask a language model what to say next. It may fill the answers of these `forms` and name one of the
    `exits` (exit → when); the machine judges each of them.

    `number` counts the node's questions to it, from 1. It may say `most_words` words at most.
    """

    asking: str
    node: str
    number: int
    model: str
    language: str
    instructions: str
    forms: tuple[AnswerForm, ...]
    exits: Mapping[str, str]
    known: tuple[Told, ...]
    lines: tuple[SpokenLine, ...]
    most_words: int
    timeout_ms: int


class TellBuyer(Frozen, frozen=True):
    """Tell the buyer's webhook of the leg that is on its way to it. Nothing waits for it."""

    leg: str
    buyer: str
    campaign: str
    price_micros: int
    url: str
    timeout_ms: int
    secret: str
    told: tuple[Told, ...]


class Dial(Frozen, frozen=True):
    """Call a number, or a SIP address with these headers, as a new leg. Costs money: flushed before.

    Where it `detects_machines`, a carrier that can tells what picks up. By the caller's carrier and showing
    the number that was called, unless another `carrier` is named: it shows a number of its own, `shown`,
    where the network says one.
    """

    leg: str
    to: str
    buyer: str | None
    ring_timeout_ms: int
    headers: tuple[Told, ...] = ()
    detects_machines: bool = False
    carrier: str = ""
    shown: str = ""


class Bridge(Frozen, frozen=True):
    """Join the leg with the caller. With `keeps_keys` it's kept which keys are pressed in the talk."""

    leg: str
    keeps_keys: bool = False


class Join(Frozen, frozen=True):
    """Have the carrier join the leg with the caller's, whose talk is on, for `at_most_ms` from now (None: for
    as long as they like). Their talk goes on through us until it has. Costs money: flushed before.

    Once the leg is over, a caller who is still there comes back to us (StreamBack).
    """

    leg: str
    at_most_ms: int | None


class EndLeg(Frozen, frozen=True):
    """End the leg, after it has heard what is `said` to it, where it still can."""

    leg: str
    said: tuple[PromptItem, ...] = ()


class HangUp(Frozen, frozen=True):
    """End the caller's leg."""


class StartRecording(Frozen, frozen=True):
    """Record the caller from now on: what it says and, with `both`, what it hears."""

    recording: str
    channels: str
    format: str


class SilenceRecording(Frozen, frozen=True):
    """Keep silence in place of sound from `since` on (which may be past) until ResumeRecording."""

    recording: str
    since: int


class ResumeRecording(Frozen, frozen=True):
    recording: str


class StopRecording(Frozen, frozen=True):
    recording: str


class KeepSound(Frozen, frozen=True):
    """Keep the sound of what was heard last, whose digest this is, as a recording of its own."""

    recording: str
    sha256: str


class Record(Frozen, frozen=True):
    """Keep a fact of the call. A later fact of the same key (a leg's) replaces the earlier one."""

    fact: Fact


class Post(Frozen, frozen=True):
    """Enter amounts in the ledger, once per call, kind and buyer. Costs money: flushed before."""

    entries: tuple[LedgerEntry, ...]


Command = (
    Play
    | StopPlaying
    | Listen
    | StopListening
    | SetTimer
    | CancelTimer
    | Reserve
    | ClaimBilling
    | Survey
    | Release
    | Ping
    | Confirm
    | ReleaseBid
    | LookUp
    | AskModel
    | TellBuyer
    | Dial
    | Bridge
    | Join
    | EndLeg
    | HangUp
    | StartRecording
    | SilenceRecording
    | ResumeRecording
    | StopRecording
    | KeepSound
    | Record
    | Post
)

COMMAND_TYPES: tuple[type, ...] = get_args(Command)
