"""Calls in Spanish over real sockets: by key and by number, to a buyer who hears Spanish."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.rehearsal.loopback import BuyerPhone, Caller, tone
from engine.rehearsal.loopback.acts import ActScript
from engine.rehearsal.loopback.tones import hears_tone
from tests.journeys.journey_world import ToneVoice, answering, open_house

BILINGUAL = Path(__file__).parents[2] / "examples" / "flows" / "roofing_bilingual"
STATION, SPANISH_STATION = "+15550100", "+15550101"
TECHOS, LONESTAR = "+15550111", "+15550112"
ENGLISH_HZ, SPANISH_HZ = 440, 1000


class VoiceOfEach(ToneVoice):
    """Speaks English as one tone and Spanish as another, and keeps what it was asked to say."""

    def __init__(self) -> None:
        super().__init__(length_ms=1200)
        self.spoken: dict[str, str] = {}

    async def render(self, text: str, language: str) -> bytes:
        assert language in ("en-US", "es-US")
        self.spoken[text] = language
        return tone(SPANISH_HZ if language == "es-US" else ENGLISH_HZ, 1200)


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """The network, where a talk of two seconds is billable already."""
    folder = tmp_path / "flows"
    shutil.copytree(BILINGUAL, folder)
    network = folder / "network.yaml"
    network.write_text(network.read_text("utf-8").replace("after: 90s", "after: 2s"), "utf-8")
    return folder


async def test_a_caller_who_presses_two_goes_on_in_spanish_and_so_does_the_buyer(
    tmp_path: Path, flows: Path
) -> None:
    voice = VoiceOfEach()
    async with open_house(tmp_path, flows, voice=voice, speed=2) as house:
        hears_spanish = ActScript().listens_until_tone(SPANISH_HZ)
        house.carrier.buyer(TECHOS, BuyerPhone("answers", 0.5, _takes(hears_spanish)))
        caller = (
            Caller()
            .listens_until_tone(ENGLISH_HZ)  # "For English, press 1."
            .listens_until_tone(SPANISH_HZ)  # "Para español, marque 2."
            .presses("2")
            .waits_for_its_turn()
            .presses("78701")
            .waits_for_its_turn()
            .presses("2")
            .waits_for_its_turn()
            .presses("1")
            .stays_until_end()
        )
        call = await house.call(caller, to=STATION)
        assert hears_tone(call.heard.audio(), SPANISH_HZ)
        shown = await house.shown()
        assert [leg["buyer"] for leg in shown["legs"]] == ["techos"]
        assert shown["verdicts"][0]["billable"] is True
        language, zip_ = shown["answers"]["language"], shown["answers"]["zip"]
        assert (language["value"], language["mode"]) == ("es", "keys")
        assert zip_["prompt"]["language"] == "es-US"
        assert zip_["prompt"]["text"].startswith("Por favor, diga o marque su código postal")
        assert voice.spoken["Para español, marque 2."] == "es-US"
        assert voice.spoken["For English, press 1."] == "en-US"
        assert await house.all_replay() == 1


async def test_a_number_of_a_spanish_publisher_asks_nobody_for_the_language(
    tmp_path: Path, flows: Path
) -> None:
    async with open_house(tmp_path, flows, voice=VoiceOfEach(), speed=2) as house:
        house.carrier.buyer(TECHOS, answering())
        caller = Caller().listens_until_tone(SPANISH_HZ).waits_for_its_turn().presses("78701").hangs_up()
        await house.call(caller, to=SPANISH_STATION)
        shown = await house.shown()
        assert shown["answers"]["language"]["mode"] == "flow"
        assert [step["node"] for step in shown["path"]][:3] == ["ask_language", "welcome", "ask_zip"]
        assert await house.all_replay() == 1


def _takes(script: ActScript) -> ActScript:
    return script.waits_until_prompt_ends().presses("1").talks(tone(300), 5.0).hangs_up()
