"""A call typed by hand: what is read, what is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.language.revisions import Published, load, publish
from engine.rehearsal.simulation import number_of_flow, simulate

NETWORK = Path(__file__).parents[2] / "examples/flows/roofing"
ROOFING = load(NETWORK)


def typed(lines: Sequence[str], published: Published = ROOFING) -> tuple[str, list[str]]:
    """What was told in one text, and the prompts that were shown."""
    told: list[str] = []
    shown: list[str] = []
    left = list(lines)

    def read(prompt: str) -> str | None:
        shown.append(prompt)
        return left.pop(0) if left else None

    simulate(
        published,
        read,
        told.append,
        called_number="+15550100",
        caller_number="+15125550123",
        started_at=1_795_446_000_000,
    )
    return "\n".join(told), shown


def test_the_operator_is_the_caller_and_the_buyers() -> None:
    told, shown = typed(["78701", "2", "1", "busy", "answers 95s"])
    assert shown == ["caller> ", "caller> ", "caller> ", "lonestar> ", "redriver> "]
    assert "the caller hears: Please say or enter your five digit ZIP code." in told
    assert "understood: need is a new roof" in told
    assert "lonestar: over, busy" in told
    assert "chosen: redriver" in told
    assert '✓ zip.state == "TX"  [zip.state = TX]  (network.yaml:' in told
    assert "verdict: redriver owes 38.00 USD" in told
    assert told.endswith("call ended by the flow: the flow hung up")


def test_the_decision_is_told_before_the_buyer_is_asked_for() -> None:
    told: list[str] = []
    keys = iter(["78701", "2", "1"])

    def read(prompt: str) -> str | None:
        told.append(prompt)
        return next(keys, "")

    simulate(
        ROOFING,
        read,
        told.append,
        called_number="+15550100",
        caller_number="",
        started_at=1_795_446_000_000,
    )
    chosen = next(number for number, line in enumerate(told) if line.endswith("chosen: lonestar"))
    assert chosen < told.index("lonestar> ")


def test_an_empty_line_is_silence_and_words_are_what_the_caller_says() -> None:
    told, shown = typed(["", "what?", "seven eight seven oh one", "7 8", "hangup"])
    assert len(shown) == 5
    assert "Sorry, I didn't hear you." in told
    assert "That is not a ZIP code." in told
    assert told.count("not understood at ask_zip") == 1
    assert "understood: zip is 7 8 7 0 1, said, 95% sure" in told
    assert told.endswith("ended by the caller: the caller hung up")


def test_a_question_that_does_not_listen_takes_no_words() -> None:
    files = {
        name: (NETWORK / name).read_text() for name in ("network.yaml", "roofing.yaml", "roofing_form.yaml")
    }
    deaf = files["roofing.yaml"].replace("    confirm: when_unsure", "    input: keys")
    told, shown = typed(["seven", "78701", "a new roof"], publish({**files, "roofing.yaml": deaf}))
    assert "this question only takes keys" in told
    assert shown[:2] == ["caller> ", "caller> "]
    assert "understood: need is a new roof, said" in told


def test_a_buyer_can_only_do_what_buyers_do() -> None:
    told, shown = typed(["78701", "2", "1", "dances", "answers soon", "rejects", "fails", "noanswer"])
    assert shown[3:] == ["lonestar> "] * 3 + ["redriver> ", "+15550199> "]
    assert told.count("a buyer can't do that here") == 2


def test_the_end_of_the_input_hangs_up() -> None:
    told, _ = typed([])
    assert told.endswith("ended by the caller: the caller hung up")


def test_who_bids_is_asked_for_once_and_what_is_said_is_told(tmp_path: Path) -> None:
    for file in NETWORK.glob("roofing*.yaml"):
        if ".stories." not in file.name:
            (tmp_path / file.name).write_text(file.read_text())
    network = (NETWORK / "network.yaml").read_text()
    bid = 'bid: {ping: {url: "https://bids.example.com/"}, confirm: {url: "https://bids.example.com/won"}}'
    (tmp_path / "network.yaml").write_text(network.replace('price: "45.00"', bid))
    told, shown = typed(["78701", "2", "1", "plenty", "46.50", "answers 95s"], load(tmp_path))
    assert shown[3:] == ["lonestar bids> ", "lonestar bids> ", "lonestar> "]
    assert "that isn't a bid; type an amount such as 31.50, or no_bid, late" in told
    assert "chosen: lonestar" in told
    assert "lonestar owes 46.50" in told


def test_a_flow_is_found_by_the_number_that_leads_to_it() -> None:
    assert ROOFING.network is not None
    assert number_of_flow(ROOFING.network, None) == "+15550100"
    assert number_of_flow(ROOFING.network, "roofing") == "+15550100"
    assert number_of_flow(ROOFING.network, "plumbing") is None


def test_a_network_with_mistakes_takes_no_call() -> None:
    with pytest.raises(ValueError, match="the network has errors"):
        typed([], Published(None, None, []))


def test_a_message_is_typed_sentence_by_sentence_until_its_key() -> None:
    tax = load(NETWORK.parent / "tax_relief")
    told: list[str] = []
    lines = iter(["this is about my taxes", "call me back", "#"])
    world = simulate(
        tax,
        lambda prompt: next(lines, None),
        told.append,
        called_number="+15550150",
        caller_number="+15125550123",
        started_at=1_795_287_600_000,  # a Saturday
    )
    assert world.path == ["office", "take_message", "note_message", "thanks"]
    assert next(lines, "all were read") == "all were read"
