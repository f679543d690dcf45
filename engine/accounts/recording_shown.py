"""Recordings of a call and carriers' records of its legs, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from engine.accounts.amounts import seconds
from engine.accounts.shown import Shown
from engine.core.facts import Answer, Question
from engine.store.instants import iso, iso_of
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.tables.recordings import KeptRecording
from engine.wording.ledger import carrier_sentence


class AudioShown(Shown, frozen=True, kw_only=True):
    """Where in a recording something is said."""

    recording: str
    start_ms: int
    end_ms: int

    @classmethod
    def of(cls, answer: Answer, kept: Sequence[KeptRecording]) -> AudioShown | None:
        """Where the caller gives the answer, by voice or by keys; None where nowhere."""
        if answer.sensitive or answer.began_at is None:
            return None
        own = answer.utterance.sound.recording if answer.utterance and answer.utterance.sound else ""
        for one in sorted(kept, key=lambda each: each.recording != own):
            start_ms, end_ms = answer.began_at - one.started_at_ms, answer.answered_at - one.started_at_ms
            if start_ms >= 0 and (one.end is None or end_ms <= one.end.duration_ms):
                return cls(recording=one.recording, start_ms=start_ms, end_ms=end_ms)
        return None


class SilenceShown(Shown, frozen=True, kw_only=True):
    """A stretch of a recording that was silenced because it held a sensitive answer."""

    start_ms: int
    end_ms: int


class RecordingShown(Shown, frozen=True, kw_only=True):
    """A recording. The file's details are null while it is being made. `fault` says why it is incomplete.

    `pruned_at` is when its file was deleted, `keep_ms` how long it is kept. `answer` is the one whose words
    it is the sound of; null for a recording of the call or of a message.
    """

    recording: str
    path: str
    format: str
    channels: str
    announcement: Question | None
    announced_at_ms: int | None
    started_at_ms: int
    duration_ms: int | None
    sha256: str | None
    bytes: int | None
    complete: bool | None
    fault: str | None
    silenced: tuple[SilenceShown, ...]
    keep_ms: int | None
    pruned_at: str | None
    answer: str | None = None

    @classmethod
    def of(cls, kept: KeptRecording) -> RecordingShown:
        end = kept.end
        silenced = end.silenced if end else ()
        return cls(
            recording=kept.recording,
            path=kept.path,
            format=kept.format,
            channels=kept.channels,
            announcement=kept.fact.announcement,
            announced_at_ms=kept.fact.announced_at,
            started_at_ms=kept.started_at_ms,
            duration_ms=end.duration_ms if end else None,
            sha256=(end.sha256 or None) if end else None,
            bytes=end.bytes if end else None,
            complete=(not end.fault) if end else None,
            fault=(end.fault or None) if end else None,
            silenced=tuple(SilenceShown(start_ms=since, end_ms=until) for since, until in silenced),
            keep_ms=kept.keep_ms,
            pruned_at=iso(kept.pruned_at),
            answer=kept.fact.answer or None,
        )


class RecordingGone(Shown, frozen=True, kw_only=True):
    """A recording whose file was deleted after its retention. `sha256` is "" if there was no file."""

    call: str
    recording: str
    path: str
    sha256: str | None

    @classmethod
    def of(cls, kept: KeptRecording) -> RecordingGone:
        sha256 = kept.end.sha256 if kept.end else None
        return cls(call=kept.call, recording=kept.recording, path=kept.path, sha256=sha256)


class CarrierRecordShown(Shown, frozen=True, kw_only=True):
    """A carrier's record of a leg, and the result of comparing it with our own times."""

    leg: str
    carrier: str
    seconds: int | float
    received_at: str
    finding: str | None
    finding_code: str | None

    @classmethod
    def of(cls, record: CarrierRecord) -> CarrierRecordShown:
        return cls(
            leg=record.leg,
            carrier=record.carrier,
            seconds=seconds(record.duration_ms),
            received_at=iso_of(record.received_at),
            finding=None if record.finding is None else carrier_sentence(record.finding),
            finding_code=None if record.finding is None else record.finding.code,
        )
