"""Callers who say a name and spell a plate, over real sockets, with the default recogniser.

Their words are kept with their sound: a dispute can listen, and who is forgotten is not heard any more.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from engine.accounts.forgetting import erase_waiting
from engine.evidence.vcon import read_evidence
from engine.evidence.verifying import verify
from engine.media import mulaw
from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import CALLED, CALLER, House, open_house
from tests.journeys.speaking import AMPLE_MS, Turn, patient
from tests.journeys.test_journey_recordings import place_of, read
from tests.spoken import words
from tests.waiting import until

TOKEN = "open sesame"
NAME, SPELLED = "my name is Jonathan Miller", "A. B. C. one two three four"
NETWORK = f"""\
network: acme
numbers: {{"{CALLED}": {{campaign: desk, publisher: radio}}}}
publishers: {{radio: {{}}}}
RECORDING
campaigns: {{desk: {{flow: desk}}}}
"""
RECORDED = "recording: {channels: both, announcement: This call may be recorded., keep: 30d}"
FLOW = """\
flow: desk
start: ask_who
answers:
  who: {type: words, HOW}
  plate: {type: spelled, patterns: [AAA9999, 9AAA999]}
exits: {noinput: bye, nomatch: bye}
nodes:
  ask_who: {type: collect, answer: who, prompt: Who is calling?, confirm: never, next: ask_plate}
  ask_plate: {type: collect, answer: plate, prompt: Please spell your plate., confirm: never, next: bye}
  bye: {type: hangup, say: Thank you.}
"""


@pytest.fixture
async def said() -> dict[str, bytes]:
    """What the callers say."""
    return await words(NAME, SPELLED)


def desk(
    folder: Path, recording: str = RECORDED, how: str = "sound: kept", **more: Any
) -> AbstractAsyncContextManager[House]:
    """A house whose callers are asked for a name and a plate."""
    flows = folder / "flows"
    flows.mkdir()
    (flows / "network.yaml").write_text(NETWORK.replace("RECORDING", recording))
    (flows / "desk.yaml").write_text(FLOW.replace("HOW", how))
    patient(flows)
    known: dict[str, Any] = {
        "speed": 1.0,
        "speech": "auto",
        "speech_meaning": "off",  # nobody chooses
        "speech_deadline_ms": AMPLE_MS,
        "patience_s": 120,
        "api_token": TOKEN,
    }
    return open_house(folder, flows, **{**known, **more})


def speaks(house: House, said: dict[str, bytes]) -> Caller:
    """Hears each question out and answers it."""
    turn = Turn(house)
    return Caller().then(turn).says(said[NAME]).then(turn).says(said[SPELLED]).stays_until_end()


async def kept(house: House) -> dict[str, Any]:
    await house.engine.recordings.settled()
    return await house.shown()


async def asked(house: House, method: str, path: str, **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(verify=False) as http:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return await http.request(
            method, f"http://{house.engine.http_address}/api/v1{path}", headers=headers, **more
        )


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("cordboard.db*"))


async def test_a_name_is_kept_with_its_words_and_its_sound_and_proven_by_both(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with desk(tmp_path) as house:
        await house.call(speaks(house, said))
        shown = await kept(house)
        who, plate = shown["answers"]["who"], shown["answers"]["plate"]
        assert (who["mode"], who["kind"], who["attempts"]) == ("voice", "words", 1)
        assert "miller" in who["value"].lower()
        assert who["raw"] == who["heard"]["alternatives"][0]["text"]
        assert 0.3 <= who["confidence"] <= 1
        assert (plate["value"], plate["mode"]) == ("ABC1234", "voice")
        assert plate["label"] == "A, B, C, 1, 2, 3, 4"
        assert plate["heard"]["sound"] is None

        call, piece = shown["recordings"]
        sound = who["heard"]["sound"]
        assert (call["answer"], piece["answer"]) == (None, "who")
        assert piece["recording"] == sound["recording"] == who["audio"]["recording"]
        assert (piece["complete"], piece["keep_ms"]) == (True, call["keep_ms"])
        file = house.engine.settings.recordings_folder / piece["path"]
        assert piece["sha256"] == sound["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert piece["started_at_ms"] == sound["began_at"]
        assert piece["duration_ms"] == sound["length_ms"]
        (heard,) = read(file)
        sent = np.array(mulaw.decode(said[NAME]), dtype=np.float64)
        at_ms, likeness = place_of(sent[np.nonzero(sent)[0][0] :][: 8 * 800], heard)
        assert likeness > 0.99  # the caller's words, unharmed
        assert at_ms < who["audio"]["end_ms"]

        proof = (await asked(house, "GET", f"/calls/{shown['call']}/evidence")).json()
        evidence = read_evidence(json.dumps(proof))
        answer = evidence.bodies("answer")["who"]
        assert answer["utterance"]["sound"]["sha256"] == sound["sha256"]  # type: ignore[index,call-overload]
        at_hand = {piece["recording"]: file.read_bytes()}
        assert verify(evidence, recordings=at_hand).holds
        other = {piece["recording"]: file.read_bytes() + b"!"}
        assert not verify(evidence, recordings=other).holds
        await house.all_replay()


async def test_who_is_forgotten_is_neither_read_nor_heard_any_more(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with desk(tmp_path, recording="") as house:
        await house.call(speaks(house, said))
        shown = await kept(house)
        (piece,) = shown["recordings"]
        folder = house.engine.settings.recordings_folder
        value = shown["answers"]["who"]["value"]
        assert (folder / piece["path"]).is_file()
        assert value.encode() in bytes_of(tmp_path)
        done = (await asked(house, "POST", "/forgettings", json={"number": CALLER, "by": "the desk"})).json()
        assert done["erased"] == 1
        assert [path for path in folder.rglob("*") if path.is_file()] == []
        await until(lambda: value.encode() not in bytes_of(tmp_path))  # once nobody calls
        again = await kept(house)
        assert again["answers"]["who"]["value"] == "[erased]"
        assert again["recordings"][0]["sha256"] == piece["sha256"]
        assert again["recordings"][0]["pruned_at"] is not None


async def test_answers_that_were_kept_long_enough_take_their_sound_with_them(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with desk(tmp_path) as house:
        await house.call(speaks(house, said))
        shown = await kept(house)
        call, piece = shown["recordings"]
        folder, store = house.engine.settings.recordings_folder, house.engine.store

        async def is_done() -> bool:
            return not await store.shredder.waiting()

        for what, is_left in (("transcripts", True), ("answers", False)):
            await store.shredder.ask([shown["call"]], what, "retention")  # type: ignore[arg-type]
            await erase_waiting(store, house.engine.rounds.holdings, 10)  # unless the engine was quicker
            await until(is_done)
            assert (folder / piece["path"]).is_file() is is_left
            assert (folder / call["path"]).is_file()
            again = (await kept(house))["answers"]["who"]
            assert (again["value"], again["raw"], again["label"]) == ("[erased]",) * 3


async def test_a_sensitive_name_is_masked_and_its_sound_is_nowhere(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with desk(tmp_path, how="sensitive: true") as house:
        await house.call(speaks(house, said))
        shown = await kept(house)
        who = shown["answers"]["who"]
        assert (who["value"], who["raw"], who["heard"], who["audio"]) == ("•••", "•••", None, None)
        (call,) = shown["recordings"]
        assert call["answer"] is None
        (gap,) = call["silenced"]
        left, _ = read(house.engine.settings.recordings_folder / call["path"])
        assert np.abs(left[gap["start_ms"] * 8 : gap["end_ms"] * 8]).max() == 0
        assert gap["start_ms"] <= max(0, who["asked_at_ms"] - call["started_at_ms"])
        assert b"iller" not in bytes_of(tmp_path)
        await house.all_replay()
