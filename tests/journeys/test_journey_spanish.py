"""A caller who speaks Spanish, over real sockets, with the default voice's sound and the default recogniser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.media.speech.heard import ear_missing
from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import open_house
from tests.journeys.speaking import AMPLE_MS, Turn, patient
from tests.spoken import words

BILINGUAL = Path(__file__).parents[2] / "examples" / "flows" / "roofing_bilingual"
SPANISH_STATION = "+15550101"
ZIP = "setenta y ocho, siete cero uno"

pytestmark = pytest.mark.skipif(
    ear_missing("es-US") is not None,
    reason="the extras 'speech' and 'spanish' are missing",
)


async def test_a_zip_said_in_spanish_is_heard_in_spanish(tmp_path: Path) -> None:
    said = await words(ZIP, language="es-US")
    flows = tmp_path / "flows"
    shutil.copytree(BILINGUAL, flows)
    ample = {"speed": 1.0, "speech": "auto", "speech_deadline_ms": AMPLE_MS, "patience_s": 180}
    async with open_house(tmp_path, patient(flows), **ample) as house:
        turn = Turn(house)
        caller = Caller().then(turn).says(said[ZIP])
        caller = caller.then(turn).presses("1")  # "that's right", or to what comes next
        caller = caller.waits_until_prompt_ends().hangs_up()
        await house.call(caller, to=SPANISH_STATION)
        answer = (await house.shown())["answers"]["zip"]
        assert answer["value"] == "78701"
        assert (answer["mode"], answer["heard"]["engine"]) == ("voice", "whisper")
        assert answer["prompt"]["language"] == "es-US"
        await house.all_replay()
