"""cordboard forget: says first what it would erase, asks, erases, and says what has to stay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.evidence.signing import signing_key
from engine.store.ledger.entries import Correction
from tests.accounts.forgetting_world import PERSON, World, fill, world


@pytest.fixture
def here(tmp_path: Path) -> World:
    made = world(tmp_path)

    async def kept() -> None:
        async with await made.open() as store:
            await fill(made, store, 2)
            why = "the caller at 512-555-0177 hung up"
            await store.correct(Correction("person_keys", "lonestar", "revenue", 40_000_000, why, "the desk"))

    asyncio.run(kept())
    return made


def run(here: World, *arguments: str, answer: str = "") -> Result:
    own = ["forget", PERSON, "--db", here.url, "--cache-dir", str(here.cache), "--by", "the desk"]
    return CliRunner().invoke(main, [*own, *arguments], input=answer)


def test_a_dry_run_says_what_would_be_erased_and_erases_nothing(here: World) -> None:
    told = run(here, "--dry-run")
    assert told.exit_code == 0, told.output
    assert "3 calls from this number" in told.output
    assert "1 call from other numbers, in which it was given" in told.output
    assert "ledger entry 9 names the number" in told.output
    assert json.loads(run(here, "--dry-run", "--json").output)["own"] == 3


def test_nothing_is_erased_before_a_yes(here: World) -> None:
    refused = run(here, answer="n\n")
    assert refused.exit_code == 1
    assert run(here, "--yes").exit_code == 0
    assert "0 calls from this number" in run(here, "--dry-run").output


def test_what_was_spoken_with_their_words_and_their_recordings_are_deleted(here: World) -> None:
    spoken = here.cache / "spoken" / "ab" / "abcd.ulaw"
    spoken.parent.mkdir(parents=True)
    spoken.write_bytes(b"seven nine nine three six")
    done = run(here, "--yes", "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.output)
    assert (shown["erased"], shown["swept"]) == (4, True)
    assert not spoken.exists()
    assert list(here.recordings.iterdir()) == []


def test_what_is_no_number_is_refused_in_a_sentence(here: World) -> None:
    refused = CliRunner().invoke(main, ["forget", "nobody", "--db", here.url])
    assert refused.exit_code == 2
    assert "expected a telephone number" in refused.output
    nowhere = run(here, "--country", "xx")
    assert nowhere.exit_code == 2
    assert "'XX' isn't a country" in nowhere.output


def test_whether_a_number_was_forgotten_can_be_asked_with_the_key(here: World) -> None:
    assert "nobody with this number was forgotten" in run(here, "--asked").output
    assert run(here, "--yes", "--why", "asked by letter").exit_code == 0
    told = run(here, "--asked")
    assert "by the desk, in 4 calls: asked by letter" in told.output
    (shown,) = json.loads(run(here, "--asked", "--json").output)
    assert (shown["by"], shown["calls"]) == ("the desk", 4)
    elsewhere = run(here, "--asked", "--key", _another_key(here))
    assert "nobody with this number was forgotten" in elsewhere.output


def _another_key(here: World) -> str:
    signing_key(here.folder / "another.pem")
    return str(here.folder / "another.pem")


def test_a_reason_that_holds_the_number_is_refused_and_nothing_is_erased(here: World) -> None:
    for given in (["--why", "(512) 555-0177 wrote"], ["--by", "5125550177"]):
        refused = run(here, "--yes", *given)
        assert refused.exit_code == 2
        assert "write them without the number" in refused.output
    assert "3 calls from this number" in run(here, "--dry-run").output
