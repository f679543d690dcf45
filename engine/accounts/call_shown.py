"""One call with everything that it left behind: `cordboard show --json`, and GET /calls/{call}.

Moments that end in `_ms` are milliseconds since the call's start; what has not happened is null.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from msgspec import UNSET, UnsetType

from engine.accounts.answer_shown import AnswerShown
from engine.accounts.call_line import CallHead, head_of
from engine.accounts.decision_shown import DecisionShown
from engine.accounts.dispute_shown import DisputeShown
from engine.accounts.erasure_shown import ErasureShown
from engine.accounts.ledger_shown import EntryShown, StandingShown, standings_of
from engine.accounts.recording_shown import CarrierRecordShown, RecordingShown
from engine.accounts.shown import Shown
from engine.accounts.verdict_shown import JudgementShown, judgement_of
from engine.core.conditions import Value
from engine.core.events import CALLER, EndedBy, LegOutcome
from engine.core.facts import Consent, Fault, Leg, Step, Turn, Voicemail
from engine.core.leg_events import Answerer
from engine.core.money import format_money
from engine.store.instants import iso
from engine.store.tables.carrier_legs import AwaitedLeg
from engine.store.views import CallView
from engine.wording.sentences import (
    ending_sentence,
    fault_sentence,
    joining_sentence,
    leg_sentence,
    rests_on_sentence,
    turn_sentence,
)


class StepShown(Shown, frozen=True, kw_only=True):
    """A node, and the exit it was left through."""

    node: str
    exit: str
    at_ms: int

    @classmethod
    def of(cls, step: Step) -> StepShown:
        return cls(node=step.node, exit=step.exit, at_ms=step.at)


class TurnShown(Shown, frozen=True, kw_only=True):
    """Why a node took its exit, such as the time of day or a draw."""

    at_ms: int
    node: str
    exit: str
    code: str
    sentence: str
    values: dict[str, Value]

    @classmethod
    def of(cls, turn: Turn) -> TurnShown:
        return cls(
            at_ms=turn.at,
            node=turn.node,
            exit=turn.exit,
            code=turn.code,
            sentence=turn_sentence(turn),
            values=dict(turn.values),
        )


class ConsentShown(Shown, frozen=True, kw_only=True):
    """The exact wording, and whether the caller agreed to it. `spoken` is what they heard of it."""

    at_ms: int
    node: str
    answer: str
    version: str
    wording: str
    sha256: str
    spoken: str
    granted: bool
    given_by: Literal["keys", "voice", "staying", "nothing"]

    @classmethod
    def of(cls, consent: Consent) -> ConsentShown:
        return cls(
            at_ms=consent.at,
            node=consent.node,
            answer=consent.answer,
            version=consent.version,
            wording=consent.wording,
            sha256=consent.sha256,
            spoken=consent.spoken,
            granted=consent.granted,
            given_by=consent.given_by,
        )


class VoicemailShown(Shown, frozen=True, kw_only=True):
    """A message that the caller left, in `recording` ("" if it couldn't be saved)."""

    at_ms: int
    node: str
    recording: str
    began_at: int
    ended_by: Literal["silence", "key", "limit", "hangup", "cut"]
    voiced: bool
    transcript: str

    @classmethod
    def of(cls, message: Voicemail) -> VoicemailShown:
        return cls(
            at_ms=message.at,
            node=message.node,
            recording=message.recording,
            began_at=message.began_at,
            ended_by=message.ended_by,
            voiced=message.voiced,
            transcript=message.transcript,
        )


class AnsweredByShown(Shown, frozen=True, kw_only=True):
    """What picked up, by the carrier. `said` is its own word, such as machine_start."""

    answerer: Answerer
    said: str
    at_ms: int


class TalkKeyShown(Shown, frozen=True, kw_only=True):
    """A key that was pressed in a talk; `key` is "" where the flow doesn't keep which."""

    by: str
    at_ms: int
    key: str


class JoiningShown(Shown, frozen=True, kw_only=True):
    """Who joined a talk that the flow would have the carrier join. `by` is the carrier, or "" where the talk
    went through the engine, for the reason of this `code`. `rests_on` says which proof the seconds of a
    joined talk have."""

    by: str
    code: str
    at_ms: int
    detail: str
    rests_on: str | UnsetType = UNSET

    @classmethod
    def of(cls, leg: Leg, recorded: Collection[str]) -> JoiningShown | UnsetType:
        """`recorded` are the legs of which the carrier has sent a record."""
        joining = leg.joining
        if joining is None:
            return UNSET
        rests_on: str | UnsetType = UNSET
        if joining.carrier and leg.ended_at is not None:
            rests_on = rests_on_sentence(has_leg=leg.leg in recorded, has_caller=CALLER in recorded)
        detail = joining_sentence(joining)
        return cls(by=joining.carrier, code=joining.code, at_ms=joining.at, detail=detail, rests_on=rests_on)


class LegShown(Shown, frozen=True, kw_only=True):
    """A leg that the call dialled. `told`: how notifying its webhook went.

    `extension` was keyed by `keyed_at_ms`, once it was answered. `keys_pressed` counts the keys of the talk,
    of which `keys` are the first 200.
    """

    leg: str
    buyer: str | None
    to: str
    campaign: str
    price: str
    outcome: LegOutcome | None
    dialled_at_ms: int
    answered_at_ms: int | None
    accepted_at_ms: int | None
    bridged_at_ms: int | None
    ended_at_ms: int | None
    held_ms: int
    ended_by: EndedBy | None
    detail: str
    told: str | UnsetType = UNSET
    extension: str | UnsetType = UNSET
    keyed_at_ms: int | UnsetType = UNSET
    answered_by: AnsweredByShown | UnsetType = UNSET
    keys_pressed: int | UnsetType = UNSET
    keys: list[TalkKeyShown] | UnsetType = UNSET
    joined: JoiningShown | UnsetType = UNSET

    @classmethod
    def of(cls, leg: Leg, recorded: Collection[str] = ()) -> LegShown:
        told, picked_up = leg.told, leg.answered_by
        return cls(
            leg=leg.leg,
            buyer=leg.buyer,
            to=leg.to,
            campaign=leg.campaign,
            price=format_money(leg.price_micros),
            outcome=leg.outcome,
            dialled_at_ms=leg.dialled_at,
            answered_at_ms=leg.answered_at,
            accepted_at_ms=leg.accepted_at,
            bridged_at_ms=leg.bridged_at,
            ended_at_ms=leg.ended_at,
            held_ms=leg.held_ms,
            ended_by=leg.ended_by,
            detail=leg_sentence(leg),
            told=UNSET if told is None else f"{told.outcome} after {told.ms} ms: {told.said}",
            extension=leg.extension or UNSET,
            keyed_at_ms=UNSET if leg.keyed_at is None else leg.keyed_at,
            answered_by=UNSET
            if picked_up is None
            else AnsweredByShown(answerer=picked_up.answerer, said=picked_up.said, at_ms=picked_up.at),
            keys_pressed=leg.keys_pressed or UNSET,
            keys=[TalkKeyShown(by=each.by, at_ms=each.at, key=each.key) for each in leg.keys] or UNSET,
            joined=JoiningShown.of(leg, recorded),
        )


class LostLegShown(Shown, frozen=True, kw_only=True):
    """A leg whose engine died before its end; its carrier hasn't said yet how long it lasted.

    `ask_at` is when it is asked next, null where it was given up.
    """

    leg: str
    carrier: str
    ask_at: str | None

    @classmethod
    def of(cls, lost: AwaitedLeg) -> LostLegShown:
        return cls(leg=lost.leg.leg, carrier=lost.leg.carrier, ask_at=iso(lost.ask_at))


class FaultShown(Shown, frozen=True, kw_only=True):
    """Something went wrong on our side."""

    at_ms: int
    where: str
    code: str
    detail: str

    @classmethod
    def of(cls, fault: Fault) -> FaultShown:
        return cls(at_ms=fault.at, where=fault.where, code=fault.code, detail=fault_sentence(fault))


class CallShown(CallHead, frozen=True, kw_only=True):
    """A call. `revision` names the flows and terms that it ran on; `stands` holds its current bills."""

    carrier_call: str
    revision: str
    went_on_in: tuple[str, ...] | UnsetType = UNSET
    reason: str | None
    reason_code: str | None
    path: tuple[StepShown, ...]
    answers: dict[str, AnswerShown]
    turns: tuple[TurnShown, ...]
    tags: dict[str, str]
    consents: tuple[ConsentShown, ...]
    voicemails: tuple[VoicemailShown, ...]
    decisions: tuple[DecisionShown, ...]
    legs: tuple[LegShown, ...]
    verdicts: tuple[JudgementShown, ...]
    ledger: tuple[EntryShown, ...]
    stands: tuple[StandingShown, ...]
    carrier_records: tuple[CarrierRecordShown, ...]
    lost_legs: tuple[LostLegShown, ...] | UnsetType = UNSET
    disputes: tuple[DisputeShown, ...]
    recordings: tuple[RecordingShown, ...]
    faults: tuple[FaultShown, ...]
    erased: tuple[ErasureShown, ...] = ()

    @classmethod
    def of(cls, view: CallView) -> CallShown:
        record = view.record
        records, kept = view.carrier_records, view.recordings
        return cls(
            **head_of(record),
            again_of=record.again_of or UNSET,
            practice=record.practice or UNSET,
            carrier_call=record.carrier_call,
            revision=record.revision,
            went_on_in=view.went_on_in or UNSET,
            reason=_why_ended(view),
            reason_code=record.reason,
            path=tuple(StepShown.of(step) for step in view.steps),
            answers=_answers(view),
            turns=tuple(TurnShown.of(turn) for turn in view.turns),
            tags={tag.name: tag.value for tag in view.tags},
            consents=tuple(ConsentShown.of(consent) for consent in view.consents),
            voicemails=tuple(VoicemailShown.of(message) for message in view.voicemails),
            decisions=tuple(DecisionShown.of(decision) for decision in view.decisions),
            legs=tuple(LegShown.of(leg, {each.leg for each in records}) for leg in view.legs),
            verdicts=tuple(judgement_of(verdict, view.corrected, records) for verdict in view.verdicts),
            ledger=tuple(EntryShown.of(entry) for entry in view.ledger),
            stands=tuple(standings_of(view.ledger)),
            carrier_records=tuple(CarrierRecordShown.of(each) for each in records),
            lost_legs=tuple(LostLegShown.of(leg) for leg in view.lost_legs) or UNSET,
            disputes=tuple(DisputeShown.of(dispute) for dispute in view.disputes),
            recordings=tuple(RecordingShown.of(each) for each in kept),
            faults=tuple(FaultShown.of(fault) for fault in view.faults),
            erased=tuple(ErasureShown.of(each) for each in view.erasures),
        )


def _answers(view: CallView) -> dict[str, AnswerShown]:
    """An answer that was given again stands as it was given last, with what it was before."""
    last = {answer.name: answer for answer in view.answers}
    return {
        name: AnswerShown.of(answer, view.recordings, view.earlier_answers.get(name, ()))
        for name, answer in last.items()
    }


def _why_ended(view: CallView) -> str | None:
    """How the call ended; of one that was interrupted, by what."""
    reason = view.record.reason
    if reason == "interrupted":
        interruption = next((fault for fault in view.faults if fault.code == "interrupted"), None)
        if interruption is not None:
            return fault_sentence(interruption)
    return None if reason is None else ending_sentence(reason)
