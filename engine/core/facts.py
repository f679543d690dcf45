"""What a call leaves behind: the records that `show`, bills and disputes are read from.

Facts are plain data. The machine makes them and hands them out with the Record command. Why something is
as it is, they say by a code and the `details` that fill its sentence; the sentence itself stands in the
catalogue (`engine.wording`) and in no record, so that its words may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.core.conditions import ClauseOutcome, Detail, Value
from engine.core.events import Bid, EndedBy, LegOutcome, Said
from engine.core.hearing import Hearing
from engine.core.leg_events import AnsweredBy, BuyerNotice, Joining, TalkKey
from engine.core.model_events import FilledByModel
from engine.core.records import Frozen
from engine.core.spoken_sound import SpokenSound
from engine.core.support import Support

AnswerMode = Literal["keys", "voice", "publisher", "lookup", "flow"]


class CallOpened(Frozen, frozen=True):
    """How the call was placed in the network. `flow` is "" where its number belongs to no campaign."""

    at: int
    flow: str
    revision: str
    campaign: str
    publisher: str


class Step(Frozen, frozen=True):
    """A node was left by an exit."""

    at: int
    node: str
    exit: str


class Question(Frozen, frozen=True):
    """What the caller was asked, word for word."""

    text: str
    language: str
    sha256: str
    audio_sha256: str | None = None  # of the operator's own sound, where it said the text


class Utterance(Frozen, frozen=True):
    """What was heard: the other readings, who recognised it, and when the words were said."""

    alternatives: tuple[Said, ...]
    engine: str
    started_at: int
    ended_at: int
    sound: SpokenSound | None = None  # of an answer that is kept with its sound
    supports: tuple[Support, ...] = ()  # what else spoke for the answer; its confidence reckons it in


class Source(Frozen, frozen=True):
    """Who else gave an answer: a web service or the publisher.

    `name` is the service's URL without what it was asked, or the publisher; `detail` the HTTP status, or the
    parameter. `sha256` is that of all that was sent.
    """

    name: str
    detail: str
    sha256: str


class Answer(Frozen, frozen=True):
    """A typed thing learnt of the caller, with how it was learnt.

    `values` are the names that conditions may read: `zip`, `zip.state`, … `raw` is what came in, digits or
    words; of words, `heard` are those that the answer rests on. Times are milliseconds since the call's
    start. A sensitive answer's value, raw input and values never leave the machine but masked
    (`journal.to_json`).
    """

    name: str
    kind: str
    value: Value
    values: Mapping[str, Value]
    label: str
    raw: str
    mode: AnswerMode
    confidence: float
    attempts: int
    confirmed: bool
    node: str
    question: Question | None
    asked_at: int
    answered_at: int
    sensitive: bool = False
    utterance: Utterance | None = None
    heard: str = ""
    began_at: int | None = None  # when the caller began to give it: the first key or word
    source: Source | None = None  # who gave it, where the caller did not
    hearing: Hearing | None = None  # what the caller had heard of the prompt; older calls do not say
    withdrawn_at: int | None = None  # when the caller took it back: from then on it is not known
    filled: FilledByModel | None = None  # None: the engine itself understood it

    @property
    def is_asked(self) -> bool:
        """Whether the caller gave it, to a question."""
        return self.mode in ("keys", "voice")


class ZipRead(Frozen, frozen=True):
    """What the ZIP data said of a code when the call first read it; None where there was no such ZIP.

    A code of three digits is an area code, and its row's `states` are those where it is served.
    A code that may be a sensitive answer is not recorded.
    """

    at: int
    code: str
    row: Mapping[str, Value] | None


class Candidate(Frozen, frozen=True):
    """One buyer's part in a decision: why it could or could not take the call."""

    buyer: str
    eligible: bool
    code: str
    clauses: tuple[ClauseOutcome, ...]
    details: Mapping[str, Detail] = {}
    rank: int | None = None
    price_micros: int | None = None
    expected_micros: int | None = None  # what an offer to it brings on average, where that gave the order
    bid: Bid | None = None  # what it said, where it was asked for its price


class Decision(Frozen, frozen=True):
    """Who was looked at, in which order, and who got the call.

    `together` are those that ring at once, best first, where there are several; `chosen` is the first of
    them. `limit` is "rollover" where nobody was chosen though somebody could have been, since `called`
    buyers were called before. Among many buyers `candidates` are the first of the ranking; `others` counts
    by code those who are not written. Their clauses follow from the journal
    (`engine.core.replay.decisions_in_full`).
    """

    at: int
    node: str
    campaign: str
    chosen: str | None
    candidates: tuple[Candidate, ...]
    together: tuple[str, ...] = ()
    limit: Literal["", "rollover"] = ""
    others: Mapping[str, int] = {}
    strategy: str = "priority"
    called: int = 0


class Leg(Frozen, frozen=True):
    """A leg that the call dialled. Times are milliseconds since the call's start, None if never.

    Once it is answered the `extension` is keyed, and has been at `keyed_at`. At its end, `keys_pressed`
    counts the keys of its talk, of which `keys` are the first. `details` has `because`, the code of why we
    ended it, or `said`, the carrier's own words. `held_ms` is how long broken streams kept it and the caller
    apart in their talk; where one did so to the end, `ended_at` is when it broke (`ended_apart`).
    `is_ours`: it failed for the carrier's sake or ours.
    """

    leg: str
    buyer: str | None
    to: str
    campaign: str
    price_micros: int
    dialled_at: int
    answered_at: int | None = None
    accepted_at: int | None = None
    bridged_at: int | None = None
    ended_at: int | None = None
    outcome: LegOutcome | None = None
    ended_by: EndedBy | None = None
    details: Mapping[str, Detail] = {}
    told: BuyerNotice | None = None  # None where it has no webhook
    held_ms: int = 0
    ended_apart: bool = False
    is_ours: bool = False
    extension: str = ""
    keyed_at: int | None = None
    answered_by: AnsweredBy | None = None  # None: nobody asked the carrier, or it did not say
    keys: tuple[TalkKey, ...] = ()
    keys_pressed: int = 0
    joining: Joining | None = None  # None: the flow wanted it to go through us


class Timer(Frozen, frozen=True):
    """The clock that a term ran on: from which moment, how long it ran, how long it had to."""

    counted_from: str
    ran_ms: int
    needed_ms: int


class Verdict(Frozen, frozen=True):
    """Whether a leg is to be paid for, clause by clause; revenue and payout apart."""

    at: int
    leg: str
    buyer: str
    billable: bool
    reason: str
    timer: Timer
    clauses: tuple[ClauseOutcome, ...]
    revenue_micros: int
    payable: bool
    payout_reason: str
    payout_clauses: tuple[ClauseOutcome, ...]
    payout_micros: int
    currency: str
    near_miss_by: str = ""  # who ended a talk that was just too short to be billed
    details: Mapping[str, Detail] = {}


class LedgerEntry(Frozen, frozen=True):
    """An amount that a party owes (revenue) or is owed (payout), in millionths of the currency."""

    kind: Literal["revenue", "payout"]
    party: str
    buyer: str
    amount_micros: int
    currency: str


class Recording(Frozen, frozen=True):
    """The call is recorded since `at`: its file and channels, and how the caller was told.

    How the file ended (its length and digest) is the store's to keep, for it comes after the call. `answer`
    is the one whose words it is the sound of, "" for the call's own and for messages.
    """

    at: int
    recording: str
    path: str
    channels: str
    format: str
    announcement: Question | None
    announced_at: int | None
    keep_ms: int | None
    answer: str = ""


class Turn(Frozen, frozen=True):
    """Why a node of the flow went the way it did, by the code: by the clock, by a draw."""

    at: int
    node: str
    exit: str
    code: str
    values: Mapping[str, Value]
    details: Mapping[str, Detail] = {}


class Tag(Frozen, frozen=True):
    """A name and a value that the flow kept on the call, for reports. A later one of a name replaces it."""

    at: int
    node: str
    name: str
    value: str


class Consent(Frozen, frozen=True):
    """What the caller was told, word for word, and whether they agreed.

    `wording` is the operator's text and `sha256` its hash, `spoken` what the caller heard of it (its
    sensitive values masked). `given_by` is how the caller answered: "staying" where the wording says that
    staying on the line is the consent, "nothing" where no clear answer came.
    """

    at: int
    node: str
    answer: str
    version: str
    wording: str
    sha256: str
    spoken: str
    granted: bool
    given_by: Literal["keys", "voice", "staying", "nothing"]


class Voicemail(Frozen, frozen=True):
    """A message that the caller left, from `began_at` to `at`, in `recording` ("": it could not be kept).

    `voiced` says whether anybody was heard to speak, `transcript` what was understood of it.
    """

    at: int
    node: str
    recording: str
    began_at: int
    ended_by: Literal["silence", "key", "limit", "hangup", "cut"]
    voiced: bool
    transcript: str


class OptOut(Frozen, frozen=True):
    """The caller does not want to be called any more; whose `number`, E.164, was shown or keyed."""

    at: int
    node: str
    number: str
    by: AnswerMode


class CallbackRequest(Frozen, frozen=True):
    """The caller wants to be called back at `number`, E.164: the one that they call from, or keyed."""

    at: int
    node: str
    number: str
    campaign: str
    by: AnswerMode
    is_callers_own: bool


class Fault(Frozen, frozen=True):
    """Something went wrong on our side; the call went on or ended, as `Ending` tells."""

    at: int
    where: str
    code: str
    details: Mapping[str, Detail] = {}


class Ending(Frozen, frozen=True):
    """How the call ended: the last fact of every call. `reason` is a code: caller_hung_up, flow_hung_up, …"""

    at: int
    ended_by: EndedBy
    reason: str


Fact = (
    CallOpened
    | Step
    | Answer
    | ZipRead
    | Decision
    | Leg
    | Verdict
    | Recording
    | Turn
    | Tag
    | Consent
    | Voicemail
    | OptOut
    | CallbackRequest
    | Fault
    | Ending
)

FACT_TYPES: tuple[type, ...] = (
    CallOpened,
    Step,
    Answer,
    ZipRead,
    Decision,
    Leg,
    Verdict,
    Recording,
    Turn,
    Tag,
    Consent,
    Voicemail,
    OptOut,
    CallbackRequest,
    Fault,
    Ending,
)


def entries_of(verdict: Verdict, publisher: str) -> tuple[LedgerEntry, ...]:
    """What a verdict puts into the ledger."""
    entries = []
    if verdict.billable and verdict.revenue_micros:
        entries.append(
            LedgerEntry("revenue", verdict.buyer, verdict.buyer, verdict.revenue_micros, verdict.currency)
        )
    if verdict.payable and verdict.payout_micros:
        entries.append(
            LedgerEntry("payout", publisher, verdict.buyer, verdict.payout_micros, verdict.currency)
        )
    return tuple(entries)
