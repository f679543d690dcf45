"""Those who are called by `dial` take the call as its flow asks them to, and so every call comes to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.cli.conducts import read_conducts
from engine.language.revisions import publish, read_network_dir
from engine.rehearsal.loopback import BuyerPhone

ROOFING = Path("examples/flows/roofing")
FILES = read_network_dir(ROOFING)
NUMBER, LONESTAR, DESK = "+15550100", "+15550111", "+15550199"
WHISPER = next(line for line in FILES["roofing.yaml"].splitlines(True) if line.startswith("    whisper:"))
ACCEPT = next(line for line in FILES["roofing.yaml"].splitlines(True) if line.startswith("    accept:"))
PRESSED = BuyerPhone.answers(2.0, ((None, "1"),), 5)
UNASKED = BuyerPhone.answers(2.0, (), 5)


def conducts_of(*without: str, given: tuple[str, ...] = ()) -> tuple[BuyerPhone, BuyerPhone, BuyerPhone]:
    """Lone Star's, the desk's and anybody else's."""
    flow = FILES["roofing.yaml"]
    for line in without:
        assert flow.count(line) == 1
        flow = flow.replace(line, "")
    published = publish({**FILES, "roofing.yaml": flow})
    assert published.revision is not None, published.mistakes
    assert published.network is not None
    read = read_conducts(given, 5, published.network, published.revision, NUMBER)
    return read.by_number.get(LONESTAR, read.others), read.by_number[DESK], read.others


@pytest.mark.parametrize(
    ("without", "answers", "rejects"),
    [
        ((), PRESSED, BuyerPhone.rejects()),
        ((WHISPER,), BuyerPhone.answers(2.0, ((1.0, "1"),), 5), BuyerPhone.rejects()),
        ((ACCEPT,), UNASKED, BuyerPhone.hangs_up_during_whisper()),
        ((WHISPER, ACCEPT), UNASKED, BuyerPhone.busy()),
    ],
)
def test_a_buyer_presses_only_what_it_is_asked_for(
    without: tuple[str, ...], answers: BuyerPhone, rejects: BuyerPhone
) -> None:
    assert conducts_of(*without) == (answers, UNASKED, answers)
    assert conducts_of(*without, given=("lonestar=rejects",)) == (rejects, UNASKED, answers)


def test_a_conduct_for_all_is_the_desks_too() -> None:
    assert conducts_of(given=("noanswer", "lonestar=answers")) == (
        PRESSED,
        BuyerPhone.noanswer(),
        BuyerPhone.noanswer(),
    )


def test_a_desk_that_hears_no_whisper_talks_and_hangs_up() -> None:
    people = ["--keys", "0", "--talk", "5s"]
    told = CliRunner().invoke(main, ["dial", str(ROOFING), *people, "--speed", "20", "--json"])
    assert told.exit_code == 0, told.stderr
    (leg,) = json.loads(told.stdout)["legs"]
    assert (leg["to"], leg["outcome"], leg["ended_by"]) == (DESK, "completed", "buyer")
