"""What every carrier has to do, over the whole list of them: calls over real sockets by the loopback carrier's
parts, streams and proofs at each account."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.carriers import CARRIERS
from engine.carriers.contract import Carrier, CarrierAccount
from engine.carriers.requests import CarrierWebhook
from engine.media.messages import Audio, Key, Malformed, MarkPlayed, Message, Replied, Started, Stopped
from engine.media.streams import Upgrade
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, PhoneCall, tone
from engine.rehearsal.loopback.parts import CarrierPart
from engine.rehearsal.loopback.playing import PARTS
from engine.rehearsal.loopback.tones import has_sound
from engine.rehearsal.loopback.wires import AudioCleared, MarkPlaced, Stream, StreamWire
from engine.runtime.clock import Clock
from engine.runtime.settings import Settings
from engine.web.serving import open_engine
from tests.carriers.at_door import AtDoor
from tests.carriers.trial_carrier import Trial, TrialSettings
from tests.carriers.trial_part import TrialPart
from tests.journeys.journey_world import (
    ANSWERS,
    CALLED,
    CALLER,
    DESK,
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    SPEED,
    House,
    ToneVoice,
    answering,
    keys,
    network,
)
from tests.waiting import until

EVERY: tuple[Carrier, ...] = (*(each for each in CARRIERS if each.name in PARTS), Trial())
"""The trial carrier is listed nowhere: a carrier that isn't known above its own files gets through here."""
BY_NAME = {carrier.name: carrier for carrier in EVERY}
EVERY_PART: Mapping[str, type[CarrierPart]] = {**PARTS, "trial": TrialPart}
NAMES = list(BY_NAME)
MOST_GATHERED = 10  # frames
OTHER = '"+15550101": {campaign: roofing_form,'
"""The number at the carrier that dials for one that does not."""
ACCEPT = '    accept: {key: "1", timeout: 6s}\n'
TALK = [pytest.param(name, id=name) for name in NAMES]


class EverySettings(Settings, TrialSettings):
    """The engine's, the trial carrier's among them."""


@contextlib.asynccontextmanager
async def house_at(
    name: str, folder: Path, *, voice: ToneVoice | None = None, changes: dict[str, str] | None = None
) -> AsyncIterator[CarrierHouse]:
    """An engine that takes calls by this carrier alone; one that dials nobody has another beside it."""
    limits: dict[str, Any] = {"speed": SPEED, "patience_s": 60, "longest_call_s": 240}
    async with contextlib.AsyncExitStack() as stack:
        carrier = dials = await stack.enter_async_context(LoopbackCarrier(part=EVERY_PART[name](), **limits))
        changes = SHORT_BILLS | (changes or {})
        if not account_of(name)[0].capabilities.rings:
            dials = await stack.enter_async_context(LoopbackCarrier(**limits))
            changes |= {OTHER: f"{OTHER} carrier: {dials.part.name},"}
        settings: dict[str, Any] = {
            "db": f"sqlite:///{folder / 'cordboard.db'}",
            "http": "127.0.0.1:0",
            "media": "127.0.0.1:0",
            "cache_dir": folder / "prompts",
            "speech": "off",
            **dials.settings,
            **carrier.settings,
        }
        flows = network(folder / "flows", changes)
        clock = Clock(SPEED, asyncio.get_running_loop().time)
        async with await open_engine(
            EverySettings(**settings), flows, clock=clock, voice=voice or ToneVoice(), carriers=EVERY
        ) as engine:
            yield CarrierHouse(engine, carrier, folder, dials)


@dataclass
class CarrierHouse(House):
    buyers: LoopbackCarrier
    """The carrier that dials."""

    async def quiet(self) -> None:
        await self.buyers.settled()
        await super().quiet()

    @property
    def voice_url(self) -> str:
        return self.engine.public_url + self.carrier.part.voice_path


def leg_outcomes(shown: dict[str, Any]) -> list[tuple[str, str]]:
    return [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]]


# Whole calls


@pytest.mark.parametrize("name", TALK)
async def test_a_caller_is_sold_bridged_and_billed(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path) as house:
        house.buyers.buyer(LONESTAR, answering())
        call = await house.call(keys())
        shown = await house.shown()
    assert shown["carrier"] == name
    assert leg_outcomes(shown) == [("lonestar", "completed")]
    assert [one["reason"] for one in shown["verdicts"]] == ["billable"]
    assert house.carrier.complaints == ()
    assert call.status == "completed"


@pytest.mark.parametrize("name", TALK)
@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (BuyerPhone.busy(), "busy"),
        (BuyerPhone.noanswer(), "noanswer"),
        (BuyerPhone.fails(), "failed"),
        (BuyerPhone.fails(is_refused=True), "failed"),
    ],
    ids=["busy", "no answer", "not reached", "refused"],
)
async def test_who_does_not_take_the_call_leads_to_the_next(
    name: str, first: BuyerPhone, outcome: str, tmp_path: Path
) -> None:
    async with house_at(name, tmp_path) as house:
        house.buyers.buyer(LONESTAR, first)
        house.buyers.buyer(REDRIVER, answering())
        house.buyers.buyer(DESK, answering())
        await house.call(keys())
        shown = await house.shown()
    assert leg_outcomes(shown)[0] == ("lonestar", outcome)
    assert leg_outcomes(shown)[-1][1] == "completed"
    assert house.carrier.complaints == ()


@pytest.mark.parametrize("name", TALK)
async def test_who_hangs_up_first_is_told(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path) as house:
        house.buyers.buyer(LONESTAR, BuyerPhone.answers(after_s=0.5, talk_s=None))
        await house.call(Caller.keys(ANSWERS).waits(12).hangs_up())
        shown = await house.shown()
    assert shown["ended_by"] == "caller"
    assert leg_outcomes(shown) == [("lonestar", "completed")]
    assert all(call.is_over for call in house.carrier.calls.values())


@pytest.mark.parametrize("name", TALK)
async def test_a_prompt_of_forty_seconds_is_heard_to_its_end(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path, voice=ToneVoice(40_000)) as house:
        house.buyers.buyer(LONESTAR, answering())
        call = await house.call(Caller().waits_until_prompt_ends().hangs_up())
    assert heard_s(call) >= 39.9


@pytest.mark.parametrize("name", TALK)
async def test_a_key_interrupts_a_prompt(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path, voice=ToneVoice(10_000)) as house:
        house.buyers.buyer(LONESTAR, answering())
        call = await house.call(Caller.keys(ANSWERS, barge_in=True).waits(1).hangs_up())
    assert "audio_cleared" in [each.what for each in call.timeline]


@pytest.mark.parametrize("name", TALK)
async def test_a_call_whose_stream_breaks_goes_on(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path) as house:
        house.buyers.buyer(LONESTAR, answering())
        call = house.carrier.begin_call(CALLER, CALLED, Caller.keys(ANSWERS), voice_url=house.voice_url)
        await until(lambda: call.line is not None and call.handset.prompts_begun > 0)
        call.break_stream()
        await house.quiet()
        shown = await house.shown()
    assert [one["reason"] for one in shown["verdicts"]] == ["billable"]


@pytest.mark.parametrize("name", TALK)
async def test_what_picks_up_is_told_or_not_waited_for(name: str, tmp_path: Path) -> None:
    detecting = {"currency: USD": "currency: USD\nmachine_detection: true", ACCEPT: ""}
    async with house_at(name, tmp_path, changes=detecting) as house:
        house.buyers.buyer(LONESTAR, BuyerPhone.answers(after_s=0.5, talk_s=4))
        await house.call(keys())
        shown = await house.shown()
        dials = house.engine.carriers[house.buyers.part.name]
        can_tell = dials.capabilities.detects_machines
    (leg,) = shown["legs"]
    assert leg["answered_by"]["said"] == ("human" if can_tell else "not_asked")
    waited_ms = leg["bridged_at_ms"] - leg["answered_at_ms"]
    assert can_tell or waited_ms < 6_000


def heard_s(call: PhoneCall) -> float:
    return sum(len(piece) for _, piece in call.heard.pieces if has_sound(piece)) / 8000


# Streams


@dataclass
class Ends:
    """A carrier's stream at both its ends, without sockets."""

    wire: StreamWire
    account: CarrierAccount

    def __post_init__(self) -> None:
        self.ours = self.account.open_stream(Upgrade(f"/media/{self.account.name}/pass", {}, "192.0.2.1"))

    def takes(self, message: str | bytes | None) -> Message:
        """What comes from the socket: text as bytes, unless the carrier's sound is binary."""
        assert message is not None
        if isinstance(message, str) and not self.account.capabilities.is_binary:
            message = message.encode()
        payload = self.ours.audio_in(message)
        said = Audio(payload) if payload is not None else self.ours.decode(message)
        while isinstance(said, Replied):
            self.reads(said.reply)
            said = said.message
        return said

    def reads(self, said: object) -> list[Any]:
        """What the carrier makes of what we say."""
        is_text = not self.account.capabilities.is_binary
        messages = said if isinstance(said, tuple) else (said,)
        return [
            self.wire.read(each.decode() if is_text and isinstance(each, bytes) else each)
            for each in messages
        ]

    def hears(self, voice: bytes) -> list[Message]:
        """What comes of 20 ms of voice again and again, until the carrier sends some: it may gather."""
        for _ in range(MOST_GATHERED):
            said = self.wire.media(voice)
            if messages := said if isinstance(said, tuple) else (said,) if said else ():
                return [self.takes(message) for message in messages]
        return []

    def started(self) -> Started:
        found = [self.takes(message) for message in self.wire.opening()]
        (started,) = [each for each in found if isinstance(each, Started)]
        return started


def account_of(name: str, door: AtDoor | None = None) -> tuple[CarrierAccount, Any]:
    """An account with a part that shares its secrets."""
    part = EVERY_PART[name]()
    settings = EverySettings(**part.settings("https://carrier.example.com"))
    return BY_NAME[name].open(settings, door or AtDoor(name)), part


async def ends(name: str) -> Ends:
    account, part = account_of(name)
    stream = Stream("wss://x", "account", "CA" + "1" * 32, part.along("tok"))
    return Ends(part.wire(stream), account)


@pytest.mark.parametrize("name", NAMES)
async def test_a_start_brings_its_token_and_the_carriers_name_of_the_call(name: str) -> None:
    both = await ends(name)
    started = both.started()
    assert started.carrier_call == "CA" + "1" * 32
    if both.account.capabilities.rings:  # else no stream is one that we asked for
        assert started.parameters["token"] == "tok"


@pytest.mark.parametrize("name", NAMES)
async def test_sound_keys_marks_and_the_end_are_read(name: str) -> None:
    both = await ends(name)
    both.started()
    voice = tone(440, 20)
    (heard,) = both.hears(voice)
    assert isinstance(heard, Audio)
    sound = base64.b64decode(heard.payload_b64)
    assert sound == voice * (len(sound) // len(voice))
    if both.account.capabilities.keys == "stream":
        for digit in "0159*#":
            assert both.takes(both.wire.key(digit)) == Key(digit)
    if both.account.capabilities.has_marks:
        assert both.takes(both.wire.mark("prompt-1.7")) == MarkPlayed("prompt-1.7")
    if (stop := both.wire.stop()) is not None:
        assert both.takes(stop) == Stopped()


@pytest.mark.parametrize("name", NAMES)
async def test_what_we_say_is_what_the_carrier_reads(name: str) -> None:
    both = await ends(name)
    both.started()
    voice = tone(440, 1000)

    assert b"".join(each.audio for each in both.reads(both.ours.audio(base64.b64encode(voice)))) == voice
    if both.account.capabilities.has_marks:
        assert both.reads(both.ours.mark("prompt-1.7"))[-1] == MarkPlaced("prompt-1.7")
    if (clear := both.ours.clear()) is not None:
        assert both.reads(clear)[-1] == AudioCleared()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong", ["{", "[]", '"text"', "{}", '{"event": 7}', "\x00", '{"event":"start","start":7}']
)
async def test_nonsense_raises_nothing_and_starts_nothing(name: str, wrong: str) -> None:
    both = await ends(name)
    assert not isinstance(both.takes(wrong), Started | Audio | Key | Replied)
    both.started()
    assert not isinstance(both.takes(wrong), Started | Audio | Key | Replied)


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_counts_before_the_start_and_there_is_one_start(name: str) -> None:
    both = await ends(name)
    assert not [each for each in both.hears(tone(440, 20)) if isinstance(each, Audio)]
    opening = both.wire.opening()
    for message in opening:
        both.takes(message)
    assert isinstance(both.takes(opening[-1]), Malformed)


# Proof


async def proven(name: str, body_changes: bytes = b"", later_s: float = 0.0) -> bool:
    """Whether an account takes a webhook of its own part, changed or late."""
    door = AtDoor(name)
    account, part = account_of(name, door)
    url = f"{door.public_url}{part.voice_path}"
    headers, body = part.announcement(url, door.now)
    door.now += later_s
    named = {key.lower(): value for key, value in headers.items()}
    asked = CarrierWebhook("POST", "voice", "", (url,), named, "192.0.2.1", body + body_changes)
    return account.may_hold(asked) and account.holds(asked)


@pytest.mark.parametrize("name", NAMES)
async def test_a_good_signature_holds_and_a_spoilt_one_does_not(name: str) -> None:
    assert await proven(name)
    assert not await proven(name, b"&x=1")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("host", ["http://[::1/x", "http://a:b/x", "http://a:999999/x", "http:///"])
async def test_a_host_that_is_none_signed_nothing(name: str, host: str) -> None:
    """The request itself names the last of the addresses, by a header that anybody may send."""
    door = AtDoor(name)
    account, part = account_of(name, door)
    url = f"{door.public_url}{part.voice_path}"
    headers, body = part.announcement(url, door.now)
    spoilt = CarrierWebhook(
        "POST",
        "voice",
        "",
        (host,),
        {name.lower(): value for name, value in headers.items()},
        "192.0.2.1",
        body,
    )
    signs_addresses = not EVERY_PART[name].proofs_age and not account.streams_announce
    assert not (account.holds(spoilt) and signs_addresses)  # who signs a time, or nothing, signs none
    stranger = Upgrade(f"/media/{name}", {"host": host.split("/")[2]}, "127.0.0.1")
    assert not account.upgrade_holds(stranger, is_expected=False)
    await account.close()


@pytest.mark.parametrize("name", [each for each in NAMES if EVERY_PART[each].proofs_age])
async def test_an_old_signature_does_not_hold(name: str) -> None:
    assert await proven(name, later_s=299)
    assert not await proven(name, later_s=301)


@pytest.mark.parametrize("name", NAMES)
async def test_a_stream_without_proof_or_pass_is_refused(name: str) -> None:
    account, _ = account_of(name)
    stranger = Upgrade(f"/media/{name}", {"host": "calls.example.com"}, "192.0.2.1")
    assert not account.upgrade_holds(stranger, is_expected=False)
    await account.close()
