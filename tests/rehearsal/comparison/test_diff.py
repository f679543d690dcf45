"""What a change of a network means is told in parties, ZIP codes, callers and money."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.exchange.panels import panel_of
from engine.language.revisions import load
from engine.rehearsal.comparison.cases import cases_of
from engine.rehearsal.comparison.comparing import reach_moved, settings_moved, side_of
from engine.rehearsal.comparison.generated import generated_money
from engine.rehearsal.comparison.money_moved import MoneyMoved
from engine.understanding.zip_table import zip_table

ROOFING = Path("examples/flows/roofing")


def changed_roofing(folder: Path, *changes: tuple[str, str]) -> Path:
    for file in ROOFING.iterdir():
        if file.suffix == ".yaml":
            text = file.read_text()
            for old, new in changes:
                text = text.replace(old, new)
            (folder / file.name).write_text(text)
    return folder


def moved(folder: Path) -> tuple[list[str], list[str]]:
    """Settings that moved, and what of the first campaign's reach did."""
    old, new = side_of(load(ROOFING)), side_of(load(folder))
    reach = [sentence for campaign, sentence in reach_moved(old, new) if campaign == "roofing"]
    return settings_moved(old, new), reach


def test_the_same_network_moves_nothing(tmp_path: Path) -> None:
    assert moved(changed_roofing(tmp_path)) == ([], [])


def test_a_lost_area_is_told_by_its_zip_codes(tmp_path: Path) -> None:
    lost = sum(code.startswith("787") for code in zip_table().codes())
    folder = changed_roofing(
        tmp_path,
        ('zip.state == "TX"\n', 'zip.state == "TX" && !zip.startsWith("787")\n'),
        ('zip.state == "TX"  ', 'zip.state == "TX" && !zip.startsWith("787")  '),
    )
    settings, reach = moved(folder)
    assert settings == []
    assert reach == [
        f"lonestar loses {lost} ZIPs (TX {lost})",
        f"{lost} ZIPs (TX {lost}) now go to redriver first, not to lonestar",
    ]


def test_a_need_that_goes_to_another_buyer_first_is_named(tmp_path: Path) -> None:
    folder = changed_roofing(tmp_path, ("priority: 2 ", "priority: 1 "), ('price: "38.00"', 'price: "60.00"'))
    settings, reach = moved(folder)
    assert settings == ["redriver: priority 2 → 1", "redriver: price 38.00 → 60.00"]
    (sentence,) = reach
    assert sentence.endswith("now go to redriver first, not to lonestar")
    assert "(TX " in sentence


def test_a_lost_kind_of_caller_is_told_by_its_answer(tmp_path: Path) -> None:
    folder = changed_roofing(tmp_path, ('need == "replace", insurance', 'need == "repair", insurance'))
    _, reach = moved(folder)
    assert any(line.startswith("lonestar loses callers with need=replace") for line in reach), reach
    assert any(line.startswith("lonestar gains callers with need=repair") for line in reach), reach


def test_parties_that_come_and_go_are_named(tmp_path: Path) -> None:
    folder = changed_roofing(
        tmp_path,
        ('  "+15550101": {campaign: roofing_form, publisher: radio-tx}\n', ""),
        (
            "  radio-tx: {name: Radio Texas}",
            "  radio-tx: {name: Radio Texas}\n  web-ok: {name: Web Oklahoma}",
        ),
    )
    settings, _ = moved(folder)
    assert "number +15550101 was removed" in settings
    assert "publisher web-ok was added" in settings


def test_cases_cover_every_zip_code_once_for_every_combination() -> None:
    side = side_of(load(ROOFING))
    panel = panel_of(side.network, "roofing")
    cases = cases_of((panel,), side.revision.flows["roofing"].answers)
    by_answers: dict[str, list[str]] = {}
    for case in cases:
        by_answers.setdefault(json.dumps(case.answers), []).extend(case.codes)
    assert len(by_answers) == 4  # two needs, two ways to pay
    assert all(sorted(codes) == list(zip_table().codes()) for codes in by_answers.values())


def moved_money(folder: Path, calls: int = 80) -> MoneyMoved:
    return generated_money(load(ROOFING), load(folder), calls, 7)


def test_generated_calls_are_the_same_for_the_same_seed() -> None:
    published = load(ROOFING)
    first, again = (generated_money(published, published, 40, 7) for _ in range(2))
    assert first == again
    assert not first.is_moved
    assert generated_money(published, published, 40, 8).was != first.was


def test_a_higher_price_brings_that_much_more_of_the_same_calls(tmp_path: Path) -> None:
    money = moved_money(changed_roofing(tmp_path, ('price: "33.50"', 'price: "67.00"')))
    assert money.calls == 80
    assert not money.moved
    billed = money.would_be.revenue_micros - money.was.revenue_micros
    assert billed > 0
    assert billed % 33_500_000 == 0
    assert money.would_be.payout_micros == money.was.payout_micros


def test_a_new_buyer_for_unsold_calls_brings_money(tmp_path: Path) -> None:
    tiny = (
        '  tiny:\n    to: "+15550118"\n    accepts: zip.state == "TX" && need == "repair"\n    priority: 9\n'
        '    price: "20.00"\n    billable: {after: 60s}\n  redriver:\n'
    )
    folder = changed_roofing(
        tmp_path,
        ("  redriver:\n", tiny),
        ("[lonestar, redriver, sunstate]", "[lonestar, redriver, sunstate, tiny]"),
    )
    money = moved_money(folder)
    assert money.would_be.owed["tiny"] > 0
    assert money.would_be.revenue_micros - money.was.revenue_micros == money.would_be.owed["tiny"]
    assert {was for was, _ in money.moved} == {"nobody"}


def test_a_smaller_cap_fills_up_and_its_calls_go_on(tmp_path: Path) -> None:
    money = moved_money(changed_roofing(tmp_path, ("day: 40", "day: 1")))
    assert money.would_be.calls["lonestar"] <= 7  # one a day for a week
    assert money.moved["lonestar", "redriver"] > 0
    assert money.would_be.calls["redriver"] > money.was.calls["redriver"]


def test_a_renamed_buyer_is_the_same_buyer(tmp_path: Path) -> None:
    folder = changed_roofing(tmp_path, ("lonestar", "lone_star"))
    settings, reach = moved(folder)
    assert settings == ["buyer lonestar is now called lone_star: its caps and duplicates start from zero"]
    assert reach == []
    money = moved_money(folder)
    assert not money.is_moved
    assert money.was.calls["lone_star"] > 0


def test_a_shorter_threshold_bills_more_of_the_same_talks(tmp_path: Path) -> None:
    folder = changed_roofing(tmp_path, ("billable: {after: 90s", "billable: {after: 60s"))
    settings, _ = moved(folder)
    assert settings == ["lonestar: billable.after 90s → 60s", "redriver: billable.after 90s → 60s"]
    money = moved_money(folder)
    assert money.would_be.revenue_micros > money.was.revenue_micros
    assert not money.moved


def test_another_wording_and_another_way_are_told(tmp_path: Path) -> None:
    folder = changed_roofing(
        tmp_path,
        ("This call may be recorded.", "This call is recorded."),
        ("attempts: 3\n    next: ask_need", "attempts: 2\n    next: ask_insurance"),
    )
    settings, reach = moved(folder)
    assert (
        "flow roofing: welcome: say “Thanks for calling. This call may be recorded.” → "
        "“Thanks for calling. This call is recorded.”"
    ) in settings
    assert "flow roofing: ask_zip: attempts 3 → 2" in settings
    assert "flow roofing: ask_zip: exit next goes to ask_insurance, not to ask_need" in settings
    assert reach == []


def test_a_new_choice_is_told_with_who_takes_it(tmp_path: Path) -> None:
    replace = 'replace:\n        key: "2"'
    new = 'inspect: {key: "3", phrases: [inspection]}\n      '
    settings, reach = moved(changed_roofing(tmp_path, (replace, new + replace)))
    assert "flow roofing: answer need: callers can also choose inspect" in settings
    assert "need=inspect can go to lonestar, redriver, sunstate" in reach


def test_equals_share_the_calls_by_weight(tmp_path: Path) -> None:
    folder = changed_roofing(
        tmp_path,
        ("priority: 2 ", "priority: 1\n    weight: 3 "),
        ('price: "38.00"', 'price: "45.00"'),
    )
    _, reach = moved(folder)
    (sentence,) = reach
    assert sentence.endswith("now go to redriver (75%) or lonestar (25%) first, not to lonestar")


def test_comments_and_the_order_of_a_list_move_nothing(tmp_path: Path) -> None:
    folder = changed_roofing(
        tmp_path,
        ("currency: USD", "# a comment\ncurrency: USD"),
        ("[lonestar, redriver, sunstate]", "[redriver, sunstate, lonestar]"),
    )
    assert moved(folder) == ([], [])


def test_entries_of_a_list_come_and_go_by_name(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, blocked in ((old, "[+15550171, +15550172]"), (new, "[+15550172, +15550173]")):
        folder.mkdir()
        changed_roofing(folder, ("currency: USD", f"currency: USD\ncallers: {{blocked: {blocked}}}"))
    settings = settings_moved(side_of(load(old)), side_of(load(new)))
    assert settings == [
        "network: callers.blocked loses +15550171",
        "network: callers.blocked gains +15550173",
    ]


def test_a_span_is_never_rounded(tmp_path: Path) -> None:
    settings, _ = moved(changed_roofing(tmp_path, ("within: 30d", "within: 36h")))
    assert settings == ["sunstate: duplicates.within 30d → 36h"]


@pytest.mark.parametrize(("price", "code"), [("45.00", 0), ("46.00", 1)])
def test_the_command_ends_with_1_where_anything_moves(price: str, code: int, tmp_path: Path) -> None:
    folder = changed_roofing(tmp_path, ('price: "45.00"', f'price: "{price}"'))
    arguments = ["diff", str(ROOFING), str(folder), "--generate", "50", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code
    document = json.loads(result.stdout)
    assert document["calls"][0]["calls"] == 50
    assert bool(document["settings"]) == bool(code)
