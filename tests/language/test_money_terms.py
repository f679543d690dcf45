"""Caps, triggers, rounding, duplicate windows and the disputes' window, from YAML to the terms."""

from __future__ import annotations

from pathlib import Path

from engine.exchange.caps import Caps, Counts, PaidCaps, Spending
from engine.language.revisions import publish, read_network_dir

FILES = read_network_dir(Path("examples/flows/roofing"))
DAY_MS = 24 * 3_600_000


def changed(**changes: str) -> dict[str, str]:
    """The roofing network with these settings of its first buyer, payout, campaign and publisher."""
    text = FILES["network.yaml"]
    for old, new in (
        ('    caps: {concurrent: 2, day: 40, month: 600, day_spend: "2000.00"}', changes.get("caps")),
        (
            "billable: {after: 90s, timer_from: bridged, requires: [zip, need, insurance]}",
            changes.get("billable"),
        ),
        ('payout: {amount: "30.00", after: 90s, timer_from: bridged}', changes.get("payout")),
        ("radio-tx: {name: Radio Texas}", changes.get("publisher")),
        ("currency: USD", changes.get("head")),
    ):
        assert old in text, old
        text = text if new is None else text.replace(old, new, 1)
    return {**FILES, "network.yaml": text}


def test_every_cap_is_read_where_it_is_written() -> None:
    published = publish(
        changed(
            caps="    caps: {concurrent: 2, day: 40, connected: {day: 30}, billed: {day: 20, month: 300}, "
            'spend: {day: "2000.00", total: "50000.00"}, month_spend: "9000.00"}',
            payout='caps: {hour: 12}\n    payout: {amount: "30.00", after: 90s, caps: {day: 9, spend: {month: "5"}}}',
            publisher="radio-tx: {name: Radio Texas, caps: {day: 100}}",
            head="currency: USD\ndisputes: {window: 7d}",
        )
    )
    assert published.network is not None, published.mistakes
    network = published.network
    caps = network.buyers["lonestar"].caps
    assert caps == Caps(
        concurrent=2,
        day=40,
        month_spend_micros=9_000_000_000,
        connected=Counts(day=30),
        billed=Counts(day=20, month=300),
        spend=Spending(day_micros=2_000_000_000, total_micros=50_000_000_000),
    )
    assert [limit.code for limit in caps.limits()] == [
        "cap_concurrent",
        "cap_day",
        "cap_connected_day",
        "cap_billed_day",
        "cap_billed_month",
        "cap_month_spend",
        "cap_spend_day",
        "cap_spend_total",
    ]
    campaign = network.campaigns["roofing"]
    assert campaign.caps == Caps(hour=12)
    assert campaign.payout is not None
    assert campaign.payout.caps == PaidCaps(day=9, spend=Spending(month_micros=5_000_000))
    assert network.publishers["radio-tx"].caps == Caps(day=100)
    assert network.disputes.window_ms == 7 * DAY_MS


def test_billing_terms_are_read_where_they_are_written() -> None:
    settings = "{after: 90s, rounding: up_second, duplicates: {within: 30d}, near_miss: 5s, requires: [zip]}"
    published = publish(changed(billable=f"billable: {settings}"))
    assert published.network is not None, published.mistakes
    terms = published.network.buyers["lonestar"].billable
    assert (terms.trigger, terms.rounding, terms.near_miss_ms) == ("seconds", "up_second", 5_000)
    assert terms.duplicates is not None
    assert terms.duplicates.within_ms == 30 * DAY_MS
    assert terms.duplicates.place.file == "network.yaml"


def test_a_trigger_beside_a_duration_is_a_mistake_with_its_place_and_cure() -> None:
    published = publish(changed(billable="billable: {trigger: answered, after: 90s}"))
    (mistake,) = [each for each in published.mistakes if each.severity == "error"]
    assert str(mistake).startswith("network.yaml:")
    assert "'trigger: answered' bills at that moment" in str(mistake)
    assert "remove one of them" in str(mistake)
    assert publish(changed(billable="billable: {trigger: answered}")).network is not None


def test_a_cap_that_no_schema_knows_is_a_mistake() -> None:
    published = publish(changed(caps="    caps: {billed: {week: 3}}"))
    assert any("week" in str(mistake) for mistake in published.mistakes)
    assert published.network is None
