"""Which event answers which command, what costs money, and what the store settles: told once for all worlds.

A world carries out every command, live or rehearsed: it matches `Settled`, `Paid` and `Free` to their last
member, so that a command which it forgot is a mistake of types. Whatever an answer is, it comes after its
command, and nothing comes of a call that is over but a claim's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, get_args

from engine.core.commands import (
    AskModel,
    Bridge,
    CancelTimer,
    ClaimBilling,
    Command,
    Confirm,
    Dial,
    EndLeg,
    HangUp,
    Join,
    KeepSound,
    Listen,
    LookUp,
    Ping,
    Play,
    Post,
    Record,
    Release,
    ReleaseBid,
    Reserve,
    ResumeRecording,
    SetTimer,
    SilenceRecording,
    StartRecording,
    StopListening,
    StopPlaying,
    StopRecording,
    Survey,
    TellBuyer,
)
from engine.core.events import (
    CALLER,
    BidConfirmed,
    BidsIn,
    BillingClaimed,
    BuyerTold,
    CallArrived,
    CallerHungUp,
    CallInterrupted,
    CommandFailed,
    Event,
    KeyPressed,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegRinging,
    LookedUp,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    ReservationGranted,
    ReservationRefused,
    SpeechFailed,
    SpeechHeard,
    SpeechStarted,
    Surveyed,
    TimerFired,
    VoiceReplaced,
)
from engine.core.leg_events import AnswererTold, JoinFailed, LegsJoined, TalkKeyPressed
from engine.core.model_events import ModelFailed, ModelReplied
from engine.core.prompt_events import PromptBegan
from engine.core.recording_events import RecordingFailed, RecordingStarted
from engine.core.stream_events import StreamBack, StreamLost

Settled: TypeAlias = Record | Release | Post
"""What the journal's own transaction settles in the store; the world has nothing more to do for the bill."""

Paid: TypeAlias = Reserve | ClaimBilling | Confirm | Dial | Join | Post
"""What costs money: the journal is on disk before one of these is carried out."""

Free: TypeAlias = (
    Play
    | StopPlaying
    | Listen
    | StopListening
    | SetTimer
    | CancelTimer
    | Survey
    | Release
    | Ping
    | ReleaseBid
    | LookUp
    | AskModel
    | TellBuyer
    | Bridge
    | EndLeg
    | HangUp
    | StartRecording
    | SilenceRecording
    | ResumeRecording
    | StopRecording
    | KeepSound
    | Record
)
"""What is carried out at once."""

SETTLED_BY_THE_STORE: frozenset[type[Command]] = frozenset(get_args(Settled))
COSTS_MONEY: frozenset[type[Command]] = frozenset(get_args(Paid))

NOTHING: tuple[type[Event], ...] = ()  # that the machine waits for

ANSWERED_BY: Mapping[type[Command], tuple[type[Event], ...]] = MappingProxyType(
    {
        # only the caller's begin, and a looping one is only cleared
        Play: (PromptBegan, PromptPlayed, PromptCleared, PromptFailed, VoiceReplaced),
        StopPlaying: NOTHING,
        Listen: (SpeechStarted, SpeechHeard, SpeechFailed),  # any number of them, until StopListening
        StopListening: NOTHING,
        SetTimer: (TimerFired,),  # unless it is cancelled
        CancelTimer: NOTHING,
        Reserve: (ReservationGranted, ReservationRefused),
        ClaimBilling: (BillingClaimed,),
        Survey: (Surveyed,),
        Release: NOTHING,
        Ping: (BidsIn,),
        Confirm: (BidConfirmed,),
        ReleaseBid: NOTHING,
        LookUp: (LookedUp,),
        AskModel: (ModelReplied, ModelFailed),
        TellBuyer: (BuyerTold,),
        # ringing may be left out, and so may the answerer; an answered one ends later
        Dial: (LegRinging, LegAnswered, AnswererTold, LegEnded),
        Bridge: (LegBridged, TalkKeyPressed),  # any number of the latter, until the leg is over
        Join: (LegsJoined, JoinFailed),
        EndLeg: NOTHING,
        HangUp: NOTHING,
        StartRecording: (RecordingStarted, RecordingFailed),  # the latter may also come later
        SilenceRecording: NOTHING,
        ResumeRecording: NOTHING,
        StopRecording: NOTHING,
        KeepSound: (RecordingStarted, RecordingFailed),
        Record: NOTHING,
        Post: NOTHING,
    }
)


def key_event(at: int, leg: str, key: str, talk: Bridge | None) -> KeyPressed | TalkKeyPressed:
    """What happens where the caller or a leg presses a key while `talk` is on.

    A key of a talk may be a card's: which it is, nobody is told unless the flow keeps it.
    """
    if talk is None or leg not in (CALLER, talk.leg):
        return KeyPressed(at, leg, key)
    return TalkKeyPressed(at, leg, key if talk.keeps_keys else "")


UNASKED: frozenset[type[Event]] = frozenset(
    {CallArrived, KeyPressed, StreamLost, StreamBack, CallerHungUp, CommandFailed, CallInterrupted}
)
"""What happens without a command."""
