"""An offer says what the terms say, to each party its own."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from engine.cli import main
from engine.language.revisions import load
from engine.rehearsal.offers import Offer, offers, text_of

ROOFING = Path("examples/flows/roofing")


def roofing() -> dict[str, Offer]:
    published = load(ROOFING)
    assert published.revision is not None
    assert published.network is not None
    return {offer.party: offer for offer in offers(published.revision, published.network, "roofing")}


def terms(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["terms", *map(str, arguments)])


def test_publishers_read_what_they_are_paid_and_no_buyer() -> None:
    text = "\n".join(text_of(roofing()["publishers"]))
    assert "30.00 USD for each call that meets all of this:" in text
    assert "bridged for at least 90s" in text
    for foreign in ("lonestar", "Lone Star", "45.00", "+1555"):
        assert foreign not in text


def test_a_buyer_reads_its_own_terms_with_the_line_of_each() -> None:
    text = "\n".join(text_of(roofing()["buyer:lonestar"]))
    line = next(
        number
        for number, text_line in enumerate((ROOFING / "network.yaml").read_text().splitlines(), start=1)
        if 'zip.state == "TX"' in text_line
    )
    assert f'zip.state == "TX"   (network.yaml:{line})' in text
    assert "at most day 40" in text
    assert "You owe 45.00 USD for each call" in text
    assert "answered: zip, need, insurance" in text
    for foreign in ("redriver", "38.00", "30.00", "radio"):
        assert foreign not in text


def test_a_condition_on_what_is_billed_is_told() -> None:
    text = "\n".join(text_of(roofing()["buyer:sunstate"]))
    assert 'insurance == "none"' in text
    assert "accepted for at least 60s" in text


def test_the_command_prints_text_markdown_and_json() -> None:
    result = terms("roofing", ROOFING, "--for", "buyer:lonestar", "--markdown")
    assert result.exit_code == 0
    assert result.stdout.startswith("# roofing: terms of Lone Star Roofing")
    assert len(json.loads(terms("roofing", ROOFING, "--json").stdout)) == 4
    assert terms(ROOFING, "roofing").exit_code == 0


def test_what_is_not_there_is_said_with_what_is() -> None:
    result = terms("rofing", ROOFING)
    assert result.exit_code == 2
    assert "roofing" in result.stderr
    result = terms("roofing", ROOFING, "--for", "buyer:nobody")
    assert result.exit_code == 2
    assert "expected one of publishers, buyer:lonestar" in result.stderr
