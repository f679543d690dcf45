"""An offer says what the terms say, to each party its own."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from engine.cli import main
from engine.language.revisions import load, publish, read_network_dir
from engine.rehearsal.offers import PartyOffer, offers, text_of

ROOFING = Path("examples/flows/roofing")


def roofing() -> dict[str, PartyOffer]:
    published = load(ROOFING)
    assert published.revision is not None
    assert published.network is not None
    return {offer.party: offer for offer in offers(published.revision, published.network, "roofing")}


def terms(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["terms", *map(str, arguments)])


def test_publishers_read_what_they_are_paid_and_no_buyer() -> None:
    text = "\n".join(text_of(roofing()["publishers"]))
    assert "30.00 USD for each call that meets all of these terms:" in text
    assert "at least 90s since the caller and the buyer were connected, not rounded" in text
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
    assert "at most 40 calls a day" in text
    assert "at most 2000.00 a day" in text
    assert "You owe 45.00 USD for each call that meets all of these terms:" in text
    assert "the caller answered: zip, need, insurance" in text
    for foreign in ("redriver", "38.00", "30.00", "radio"):
        assert foreign not in text


def test_a_campaigns_returning_callers_are_told_as_they_are_routed() -> None:
    files = read_network_dir(ROOFING)
    for then, told in (
        ("refuse", "callers connected to any buyer of the campaign in the 30d before are not sent"),
        ("route_same", "callers connected to you in the campaign in the 30d before come to you first"),
    ):
        repeated = f"    flow: roofing  # \n    duplicates: {{within: 30d, then: {then}}}\n    #"
        network = files["network.yaml"].replace("    flow: roofing ", repeated, 1)
        published = publish({**files, "network.yaml": network})
        assert published.revision is not None, published.mistakes
        assert published.network is not None
        made = {each.party: each for each in offers(published.revision, published.network, "roofing")}
        assert told in "\n".join(text_of(made["buyer:lonestar"]))


def test_a_condition_on_what_is_billed_is_told() -> None:
    text = "\n".join(text_of(roofing()["buyer:sunstate"]))
    assert 'insurance == "none"' in text
    assert "at least 60s since the buyer took the call, not rounded" in text


def test_the_command_prints_text_markdown_and_json() -> None:
    result = terms("roofing", ROOFING, "--for", "buyer:lonestar", "--markdown")
    assert result.exit_code == 0
    assert result.stdout.startswith("# roofing: terms of Lone Star Roofing")
    assert len(json.loads(terms("roofing", ROOFING, "--json").stdout)) == 5
    assert terms(ROOFING, "roofing").exit_code == 0


def test_what_is_not_there_is_said_with_what_is() -> None:
    result = terms("rofing", ROOFING)
    assert result.exit_code == 2
    assert "roofing" in result.stderr
    result = terms("roofing", ROOFING, "--for", "buyer:nobody")
    assert result.exit_code == 2
    assert "expected one of publishers, publisher:radio-tx, buyer:lonestar" in result.stderr


def offers_of(folder: Path, campaign: str) -> dict[str, PartyOffer]:
    published = load(folder)
    assert published.revision is not None
    assert published.network is not None
    return {offer.party: offer for offer in offers(published.revision, published.network, campaign)}


EVERYTHING = """\
  sunstate:
    name: Sun State Roof Repair
    to: "+15550113"
    accepts: zip.state == "FL"
    area: {within: {miles: 25, of: "33130"}}
    hours: {zone: America/New_York, mon-fri: ["08:00-18:00"]}
    caps: {concurrent: 5, connected: {hour: 10}, billed: {month: 90}, spend: {total: "900.00"}}
    duplicates: {within: 36h, then: refuse, per: campaign, after: billed}
    bid: {ping: {url: "https://bids.example.com/ping"}, sends: [need], secret: SUN}
    tell: {sends: [zip], webhook: {url: "https://crm.example.com/calls"}, secret: SUN}
    billable: {after: 60s, rounding: up_second, duplicates: {within: 30d}}
"""


def with_everything(folder: Path) -> Path:
    """Roofing with whatever routes or bills and is not in it."""
    for file in ROOFING.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "network.yaml":
            text = text[: text.index("  sunstate:\n    name")] + EVERYTHING
            for old, new in (
                (
                    "{name: Radio Texas}",
                    "{name: Radio Texas, caps: {day: 300}}\n  web-ok: {name: Web Oklahoma}",
                ),
                (
                    "    flow: roofing  ",
                    "    bidding: {floor: '21.00', deadline: 700ms}\n    caps: {day: 77}\n    flow: roofing  ",
                ),
                ("timer_from: bridged}", "timer_from: bridged, caps: {day: 9}, duplicates: {within: 7d}}"),
                ("numbers:\n", "disputes: {window: 7d}\ncallers: {anonymous: refuse}\nnumbers:\n"),
            ):
                assert old in text
                text = text.replace(old, new, 1)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def test_whatever_routes_and_bills_stands_in_the_buyers_terms(tmp_path: Path) -> None:
    text = "\n".join(text_of(offers_of(with_everything(tmp_path), "roofing")["buyer:sunstate"]))
    for term in (
        "open mon-fri 08:00-18:00 America/New_York",
        "at most 5 calls at once",
        "at most 10 connected calls an hour",
        "at most 90 billed calls a month",
        "at most 900.00 in all",
        "hours, days and months are in the America/New_York time zone",
        "callers billed to any buyer of the campaign in the 36h before are not sent",
        "callers who withhold their number are not sent",
        "You owe your bid, at least 21.00 USD",
        "you are asked at https://bids.example.com/ping, with need, never with the caller's number",
        "your bid counts if it arrives within 700 ms",
        "at least 60s since the caller and the buyer were connected, rounded up to full seconds",
        "nothing was owed for the same caller in the 30d before",
        "a bill may be disputed for 7d after the call",
        "you receive zip by POST to https://crm.example.com/calls",
        "calls are not recorded",
    ):
        assert term in text, term


def test_a_publisher_reads_its_own_numbers_and_limits_and_no_others(tmp_path: Path) -> None:
    found = offers_of(with_everything(tmp_path), "roofing")
    assert "publisher:web-ok" not in found  # it has no number of this campaign
    text = "\n".join(text_of(found["publisher:radio-tx"]))
    for term in (
        "your calls come in on +15550100",
        "at most 300 calls a day; calls beyond that are offered to no buyer",
        "callers who withhold their number",
        "calls beyond 77 calls a day",
        "at most 9 paid calls a day; calls beyond it are not paid",
        "nothing was owed for the same caller in the 7d before",
    ):
        assert term in text, term
    for foreign in ("Sun State", "Lone Star", "45.00", "21.00", "Web Oklahoma", "+15550101", "bids.example"):
        assert foreign not in text, foreign


def test_wanted_numbers_are_told_as_ranges() -> None:
    folder = ROOFING.parent / "final_expense"
    text = "\n".join(text_of(offers_of(folder, "final_expense")["publishers"]))
    assert "age: 85 or less" in text
    assert "consent told, version 2026-11, by staying on the line" in text
    assert "callers hear this first: “This call is recorded.”" in text
