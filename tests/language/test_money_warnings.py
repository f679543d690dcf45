"""What `check` warns of in amounts: sales at a loss, caps that no call fits, no such money, fractions of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language.revisions import check, publish, read_network_dir

ROOFING = Path("examples/flows/roofing")
FILES = read_network_dir(ROOFING)
BID = "bid: {ping: {url: 'https://bids.example.com/ping'}"


def warned(*edits: tuple[str, str], files: dict[str, str] = FILES) -> list[str]:
    """The warnings, and nothing else, of the roofing network after these edits, without places."""
    text = files["network.yaml"]
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    mistakes = publish({**files, "network.yaml": text}).mistakes
    assert all(mistake.severity == "warning" for mistake in mistakes), mistakes
    return [mistake.message for mistake in mistakes]


@pytest.mark.parametrize("folder", [Path("flows"), *sorted(Path("examples/flows").glob("*/"))], ids=str)
def test_no_example_is_warned_of(folder: Path) -> None:
    assert [str(mistake) for mistake in check(folder)] == []


def test_a_buyer_that_pays_less_than_the_publisher_gets_is_told_once_for_all_campaigns() -> None:
    assert warned(('price: "33.50"', 'price: "28.50"')) == [
        (
            "buyer 'sunstate': its price is 28.50, but the payout of campaigns 'roofing' and 'roofing_form' is 30.00, "
            "so each such call loses money; raise the price, or lower the payout"
        )
    ]


def test_a_price_that_equals_the_payout_loses_nothing() -> None:
    assert warned(('price: "33.50"', 'price: "30.00"')) == []


def test_a_bidder_whose_floor_is_below_the_payout_is_warned_of_at_the_floor() -> None:
    low = warned(('price: "33.50"', BID + ', floor: "20.00"}'))
    assert low == [
        (
            "buyer 'sunstate': its floor is 20.00, but the payout of campaigns 'roofing' and 'roofing_form' is 30.00, "
            "so each such call loses money; raise the floor, or lower the payout"
        )
    ]


def test_a_bidder_without_any_floor_may_bid_less_than_the_payout() -> None:
    assert warned(('price: "33.50"', BID + "}")) == [
        (
            "buyer 'sunstate': it may bid anything, and the payout of campaigns 'roofing' and 'roofing_form' is 30.00; "
            "set its 'floor', or the campaign's 'bidding: {floor: …}'"
        )
    ]


def test_the_higher_floor_of_buyer_and_campaign_counts() -> None:
    floors = (
        ("    flow: roofing  ", '    bidding: {floor: "30.00"}\n    flow: roofing  '),
        ("    flow: roofing_form", '    bidding: {floor: "31.00"}\n    flow: roofing_form'),
    )
    assert warned(*floors, ('price: "33.50"', BID + ', floor: "20.00"}')) == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            ('day_spend: "2000.00"', 'day_spend: "44.99"'),
            "buyer 'lonestar': 'caps.day_spend' is 44.99, less than the price of one call (45.00), so it gets none",
        ),
        (
            ("caps: {concurrent: 3}", 'caps: {concurrent: 3, spend: {total: "37.00"}}'),
            "buyer 'redriver': 'caps.spend.total' is 37.00, less than the price of one call (38.00), so it gets none",
        ),
        (
            ("    flow: roofing  ", '    caps: {spend: {hour: "40.00"}}\n    flow: roofing  '),
            (
                "campaign 'roofing': 'caps.spend.hour' is 40.00, less than the price of one call of lonestar "
                "(from 45.00), so they get none here"
            ),
        ),
        (
            ("{name: Radio Texas}", '{name: Radio Texas, caps: {month_spend: "29.99"}}'),
            (
                "publisher 'radio-tx': 'caps.month_spend' is 29.99, less than the payout of one call of roofing "
                "and roofing_form (from 30.00), so its calls there reach nobody"
            ),
        ),
        (
            ("after: 90s, timer_from: bridged}", 'after: 90s, caps: {spend: {day: "29.00"}}}'),
            (
                "campaign 'roofing': 'payout.caps.spend.day' is 29.00, less than the payout of one call (30.00), so none "
                "is ever paid"
            ),
        ),
    ],
    ids=lambda given: given[:24] if isinstance(given, str) else "",
)
def test_a_cap_below_the_price_of_one_call_lets_none_through(edit: tuple[str, str], message: str) -> None:
    found = warned(edit)
    assert [each.rpartition(";")[0] for each in found] == [message]


def test_a_cap_of_exactly_one_call_is_fine() -> None:
    assert warned(('day_spend: "2000.00"', 'day_spend: "45.00"')) == []


def test_a_publishers_cap_counts_payouts_so_prices_above_it_are_fine() -> None:
    assert warned(("{name: Radio Texas}", '{name: Radio Texas, caps: {month_spend: "35.00"}}')) == []
    assert warned(("{name: Radio Texas}", '{name: Radio Texas, caps: {spend: {day: "30.00"}}}')) == []


@pytest.mark.parametrize("code", ["BTC", "XTS", "XXX"])
def test_a_currency_that_does_not_exist_is_told(code: str) -> None:
    assert warned(("currency: USD", f"currency: {code}")) == [
        f"there is no currency '{code}'; use a code of ISO 4217, such as USD"
    ]


@pytest.mark.parametrize(
    ("currency", "price", "message"),
    [
        ("JPY", "4500.50", "buyer 'sunstate': 'price' is 4500.50, finer than 1 JPY; round it"),
        ("JPY", "4500.00", None),
        ("USD", "33.505", "buyer 'sunstate': 'price' is 33.505, finer than 0.01 USD; round it"),
        ("KWD", "33.505", None),
        ("KWD", "33.5055", "buyer 'sunstate': 'price' is 33.5055, finer than 0.001 KWD; round it"),
        ("XAU", "33.50551", None),
    ],
)
def test_an_amount_finer_than_the_currency_is_told(currency: str, price: str, message: str | None) -> None:
    found = warned(("currency: USD", f"currency: {currency}"), ('price: "33.50"', f'price: "{price}"'))
    assert found == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (('amount: "30.00"', 'amount: "30.005"'), "payout.amount"),
        (('day_spend: "2000.00"', 'day_spend: "2000.001"'), "caps.day_spend"),
        (("caps: {concurrent: 3}", 'caps: {spend: {month: "9000.001"}}'), "caps.spend.month"),
        (('price: "33.50"', BID + ', floor: "33.501"}'), "bid.floor"),
        (("    flow: roofing  ", '    bidding: {floor: "30.001"}\n    flow: roofing  '), "bidding.floor"),
        (("{name: Radio Texas}", '{name: Radio Texas, caps: {spend: {day: "99.001"}}}'), "caps.spend.day"),
    ],
    ids=lambda given: given[:24] if isinstance(given, str) else "",
)
def test_every_amount_of_a_network_is_looked_at(edit: tuple[str, str], where: str) -> None:
    assert [f"'{where}' is" in message for message in warned(edit)] == [True]


@pytest.mark.parametrize("content", ["", "\n\n", "# nobody yet\n"])
def test_an_empty_list_file_is_warned_of_wherever_it_is_named(content: str) -> None:
    files = {**FILES, "none.txt": content}
    blocked = ("currency: USD", "currency: USD\ncallers: {blocked: {file: none.txt}}")
    assert warned(blocked, files=files) == [
        "the list 'none.txt' is empty; put an entry in it, or remove 'blocked'"
    ]
    area = ('accepts: zip.state == "FL"', 'area: {zips: {file: none.txt}}\n    accepts: zip.state == "FL"')
    assert warned(area, files=files) == [
        "buyer 'sunstate': the list 'none.txt' is empty; put an entry in it, or remove 'zips'"
    ]
    assert warned(area, files={**files, "none.txt": "33130"}) == []
