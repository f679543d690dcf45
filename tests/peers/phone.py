"""A real telephone on loopback (SIP and RTP by pjsua2): `python -m tests.peers.phone CONDUCT`.

CONDUCT is JSON: `port`, `folder` for what is heard, `own` for its number; `call`, a SIP address, with a `conduct` for a phone that
calls; `answers`, a conduct for each number that it answers for. A conduct has `code` and `after` (s), how it answers; from the
answer on `keys` ([s, digit], …), `say` (a WAV, mono, 16 bit, again and again) and `talk` (s, until it hangs up).
What happens is told on stdout, a JSON line each, in seconds from the phone's start; what a number heard is in `folder/NUMBER.wav`.
"""

from __future__ import annotations

import gc
import json
import re
import signal
import sys
import time
from typing import Any

import pjsua2 as pj

STARTED = time.monotonic()
CODEC = "PCMU"


def tell(what: str, **more: Any) -> None:
    said = {"at": round(time.monotonic() - STARTED, 3), "what": what, **more}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


class PhoneLeg(pj.Call):  # type: ignore[misc]
    """One call of this phone."""

    def __init__(
        self,
        account: Any,
        number: str,
        conduct: dict[str, Any],
        heard: str,
        call_id: int = pj.PJSUA_INVALID_ID,
    ) -> None:
        super().__init__(account, call_id)
        self.called(number, conduct, heard)
        self.player: Any = None
        self.recorder: Any = None
        self.answer_at: float | None = None
        self.confirmed_at: float | None = None
        self.is_over = False

    def called(self, number: str, conduct: dict[str, Any], heard: str) -> None:
        self.number, self.conduct, self.heard = number, conduct, heard
        self.keys = list(conduct.get("keys", []))

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        tell("state", number=self.number, state=info.stateText, code=int(info.lastStatusCode))
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.confirmed_at = time.monotonic()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.is_over = True

    def onCallMediaState(self, prm: Any) -> None:
        media = self.getAudioMedia(-1)
        if self.recorder is None:
            self.recorder = pj.AudioMediaRecorder()
            self.recorder.createRecorder(self.heard)
            media.startTransmit(self.recorder)
        if self.player is None and "say" in self.conduct:
            self.player = pj.AudioMediaPlayer()
            self.player.createPlayer(self.conduct["say"], 0)
            self.player.startTransmit(media)

    def act(self) -> None:
        """What is due by now."""
        now = time.monotonic()
        if self.answer_at is not None and now >= self.answer_at:
            self.answer_at = None
            answer = pj.CallOpParam()
            answer.statusCode = self.conduct.get("code", 200)
            if answer.statusCode == 200:
                self.answer(answer)
            else:
                self.hangup(answer)
        if self.confirmed_at is None or self.is_over:
            return
        since_s = now - self.confirmed_at
        while self.keys and since_s >= self.keys[0][0]:
            digit = self.keys.pop(0)[1]
            tell("pressed", number=self.number, digit=digit)
            self.dialDtmf(digit)
        if since_s >= self.conduct.get("talk", 600):
            self.confirmed_at = None
            tell("hung_up", number=self.number)
            self.hangup(pj.CallOpParam())


class PhoneAccount(pj.Account):  # type: ignore[misc]
    """Whom it answers for."""

    def __init__(self, folder: str, answers: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self.folder, self.answers = folder, answers
        self.legs: list[PhoneLeg] = []

    def onIncomingCall(self, prm: Any) -> None:
        leg = PhoneLeg(self, "", {}, "", prm.callId)
        self.legs.append(leg)
        asked = leg.getInfo()
        found = re.search(r"sips?:\+?([0-9]+)@", asked.localUri)
        shown = re.search(r"sips?:([^@>]+)@", asked.remoteUri)
        number = found[1] if found else ""
        leg.called(number, self.answers.get(number, {"code": 404}), f"{self.folder}/{number}.wav")
        tell("rings", number=number, shown=shown[1] if shown else "")
        conduct = leg.conduct
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        leg.answer(ringing)
        leg.answer_at = time.monotonic() + conduct.get("after", 0.3)


def run(wanted: dict[str, Any]) -> None:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.medConfig.noVad = True
    config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
    config.medConfig.ecTailLen = 0
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    endpoint.libInit(config)
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress = wanted["port"], "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith(CODEC) else 0)
    settings = pj.AccountConfig()
    settings.idUri = f"sip:{wanted.get('own', 'phone')}@127.0.0.1"
    settings.mediaConfig.transportConfig.port = wanted.get("rtp", 37000)
    settings.mediaConfig.transportConfig.portRange = 900
    settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    account = PhoneAccount(wanted["folder"], wanted.get("answers", {}))
    account.create(settings, True)
    tell("ready")
    if "call" in wanted:
        heard = f"{wanted['folder']}/{wanted['own'].lstrip('+')}.wav"
        leg = PhoneLeg(account, wanted["own"], wanted.get("conduct", {}), heard)
        leg.makeCall(wanted["call"], pj.CallOpParam(True))
        account.legs.append(leg)
    is_ending = False

    def end(*_: object) -> None:
        nonlocal is_ending
        is_ending = True

    signal.signal(signal.SIGTERM, end)  # what was heard is kept whole
    until = time.monotonic() + wanted.get("most", 300)
    while time.monotonic() < until and not is_ending:
        endpoint.libHandleEvents(20)
        for leg in account.legs:
            leg.act()
        if "call" in wanted and all(leg.is_over for leg in account.legs):
            break
    for leg in account.legs:
        leg.player = leg.recorder = None
    del leg
    account.legs.clear()
    account.shutdown()
    del account
    gc.collect()
    endpoint.libDestroy()


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
