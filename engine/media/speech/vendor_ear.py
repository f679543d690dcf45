"""A vendor's ear: passes sound on as the vendor's kind of service wants it, and joins what comes back.

A streaming service gets all sound while a node listens, a segmented one each utterance when it ends. Either
may answer in pieces, late, or (for noise) not at all: silence until the timeout is no failure, and the leg
then has the default recogniser look at that utterance.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from pipecat.frames.frames import TranscriptionFrame
from pipecat.services.stt_service import SegmentedSTTService, STTService

from engine.media.speech.hearing import ServiceHearing
from engine.media.speech.services import RecognitionFailedFrame
from engine.media.speech.utterance import PartySpeech
from engine.media.speech.vendors import Vendor, read_alternatives

_PIECE_WINDOWS = 2
_MORE_S = 0.3
"""After a piece that is not called final, another may follow."""

Alternatives = tuple[tuple[str, float], ...]


class VendorEarListener(Protocol):
    def vendor_heard(self, utterance: PartySpeech, alternatives: Alternatives) -> None: ...

    def vendor_heard_nothing(self, utterance: PartySpeech) -> None: ...

    def vendor_gave_up(self, awaited: PartySpeech | None, reason: str) -> None: ...


class VendorEar:
    """Raises VendorFailed when the service cannot be made."""

    def __init__(self, vendor: Vendor[STTService], listener: VendorEarListener) -> None:
        self.vendor = vendor
        self._listener = listener
        service = vendor.make()
        self._is_segmented = isinstance(service, SegmentedSTTService)
        self._hearing = ServiceHearing(service, self)
        self._unsent: list[bytes] = []
        self._pieces: list[Alternatives] = []
        self._awaited: PartySpeech | None = None
        self._timer: asyncio.TimerHandle | None = None

    def window(self, sound: bytes) -> None:
        if not self._is_segmented:
            self._unsent.append(sound)
            if len(self._unsent) >= _PIECE_WINDOWS:
                self._send()

    def started(self) -> None:
        if self._awaited is not None:
            self._deliver()
        self._pieces.clear()
        if not self._is_segmented:
            self._send()
            self._hearing.started_speaking()

    def stopped(self, utterance: PartySpeech, now_ms: int) -> None:
        """The turn is over; exactly one of the listener's methods follows."""
        if self._is_segmented:
            self._hearing.started_speaking()
            self._hearing.audio(utterance.sound)
        else:
            self._send()
        self._hearing.stopped_speaking(utterance.silence_ms(now_ms))
        self._awaited = utterance
        self._deliver_after(_MORE_S if self._pieces else self.vendor.timeout_ms / 1000)

    def forget(self) -> None:
        """Nothing that is still to come matters."""
        self._awaited = None
        self._pieces.clear()
        self._unsent.clear()
        self._stop_timer()

    async def close(self) -> None:
        self.forget()
        await self._hearing.close()

    def _send(self) -> None:
        if self._unsent:
            self._hearing.audio(b"".join(self._unsent))
            self._unsent.clear()

    def _deliver_after(self, delay_s: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._deliver)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _deliver(self) -> None:
        utterance, pieces = self._awaited, self._pieces[:]
        self.forget()
        if utterance is None:
            return
        if len(pieces) == 1:
            self._listener.vendor_heard(utterance, pieces[0])
        elif pieces:
            text = " ".join(piece[0][0] for piece in pieces)
            self._listener.vendor_heard(utterance, ((text, min(piece[0][1] for piece in pieces)),))
        else:
            self._listener.vendor_heard_nothing(utterance)

    # What the pipeline tells

    def transcribed(self, hearing: ServiceHearing, frame: TranscriptionFrame) -> None:
        if frame.text.strip():
            self._pieces.append(read_alternatives(frame, self.vendor.assumed_confidence))
        if self._awaited is None:
            return
        if frame.finalized:
            self._deliver()
        elif self._pieces:
            self._deliver_after(_MORE_S)

    def not_transcribed(self, hearing: ServiceHearing, frame: RecognitionFailedFrame) -> None:
        """Only our own service says so."""

    def hearing_failed(self, hearing: ServiceHearing, reason: str) -> None:
        self.vendor.rest(reason)
        awaited = self._awaited
        self.forget()
        self._listener.vendor_gave_up(awaited, reason)
