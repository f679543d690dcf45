"""A vendor by setting hears for a leg; the default takes over where it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from pipecat.services.stt_service import STTService

from engine.media.speech.leg import SpeechLeg, SpeechServices
from engine.media.speech.question import SpeechQuestion
from engine.media.speech.vad import VoiceDetector
from engine.media.speech.vendors import Vendor, VendorFailed, read_vendor
from tests.media.speech.leg_world import YES, Found, Notebook, ScriptedPool, frames, silence, spoken

HERE = "tests.media.speech.fake_vendor"
QUESTION = SpeechQuestion("zip", patience=())


def streaming(**arguments: object) -> Vendor[STTService]:
    document = {"class": f"{HERE}.StreamingVendor", "arguments": {"api_key": "s3cret", **arguments}}
    return read_vendor(STTService, {**document, "timeout_ms": 300}, "CORDBOARD_STT")


@asynccontextmanager
async def leg_with(
    vendor: Vendor[STTService],
) -> AsyncIterator[tuple[SpeechLeg[str], Notebook, ScriptedPool]]:
    detector, book, pool = VoiceDetector(), Notebook(), ScriptedPool([Found("by the default", 0.9)])
    leg = SpeechLeg(SpeechServices(pool, detector, vendor), book)
    leg.listen(QUESTION)
    for frame in frames(silence(500) + await spoken(YES) + silence(1200)):
        leg.feed(frame)
    yield leg, book, pool
    await leg.close()
    await detector.close()


async def test_a_streaming_vendor_hears_with_its_own_confidence():
    async with leg_with(streaming()) as (_, book, pool):
        await book.until_told("heard")
        (heard,) = book.all_heard()
        assert (heard.text, heard.confidence) == ("seven eight seven", 0.88)
        assert heard.engine == "StreamingVendor"
        assert pool.segments == []


async def test_a_segmented_vendor_gets_each_utterance_as_it_wants_it():
    vendor = read_vendor(STTService, {"class": f"{HERE}.SegmentedVendor"}, "CORDBOARD_STT")
    async with leg_with(vendor) as (_, book, _):
        await book.until_told("heard")
        assert [heard.text for heard in book.all_heard()] == ["a wav"]


async def test_a_vendor_that_fails_hands_its_utterance_to_the_default_and_is_named(
    caplog: pytest.LogCaptureFixture,
):
    vendor = streaming(breaks=True)
    async with leg_with(vendor) as (_, book, _):
        await book.until_told("heard")
        assert book.names == ["started", "ended", "vendor_failed", "heard"]
        assert book.told[2][1] == ("StreamingVendor", "401: no such key")
        assert [heard.text for heard in book.all_heard()] == ["by the default"]
    assert "StreamingVendor failed" in caplog.text
    assert "s3cret" not in caplog.text
    assert vendor.is_resting


async def test_a_vendor_that_rests_is_not_asked():
    vendor = streaming()
    vendor.rest("a call before this one")
    async with leg_with(vendor) as (_, book, _):
        await book.until_told("heard")
        assert book.names == ["started", "ended", "heard"]
        assert [heard.engine for heard in book.all_heard()] == ["moonshine"]


async def test_what_a_vendor_hears_nothing_in_is_looked_at_by_the_default():
    vendor = streaming(text="")
    async with leg_with(vendor) as (_, book, _):
        await book.until_told("heard")
        assert book.names == ["started", "ended", "heard"]
        assert not vendor.is_resting


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"class": "no.such.package.Service"}, "pip install"),
        ({"class": "pathlib.Path"}, "isn't a STTService"),
        ({"class": f"{HERE}.StreamingVendor"}, "can't create"),
    ],
)
async def test_a_vendor_that_cannot_be_made_leaves_the_call_to_the_default(
    document: Mapping[str, object], why: str
):
    vendor = read_vendor(STTService, document, "CORDBOARD_STT")
    with pytest.raises(VendorFailed, match=why):
        vendor.make()
    async with leg_with(vendor) as (_, book, _):
        await book.until_told("heard")
        assert book.names[0] == "vendor_failed"
        assert [heard.text for heard in book.all_heard()] == ["by the default"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"class": 7},
        {"class": "a.B", "key": "x"},
        {"class": "a.B", "settings": []},
        {"class": "a.B", "timeout_ms": 0},
        {"class": "a.B", "assumed_confidence": 2},
    ],
)
def test_a_setting_that_makes_no_sense_is_named_with_its_place(document: Mapping[str, object]):
    with pytest.raises(ValueError, match="CORDBOARD_STT"):
        read_vendor(STTService, document, "CORDBOARD_STT")


def test_a_vendors_keys_are_not_shown():
    assert "s3cret" not in repr(streaming())


def test_the_vendors_in_the_documentation_are_named_as_people_know_them():
    document = {"class": "pipecat.services.deepgram.stt.DeepgramSTTService"}
    assert read_vendor(STTService, document, "CORDBOARD_STT").name == "deepgram"
