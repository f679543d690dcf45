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
from engine.rehearsal.comparison.comparing import money_moved, reach_moved, settings_moved, side_of
from engine.rehearsal.comparison.generated import generated_calls
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
    assert "number +15550101 is gone" in settings
    assert "publisher web-ok is new" in settings


def test_cases_cover_every_zip_code_once_for_every_combination() -> None:
    side = side_of(load(ROOFING))
    panel = panel_of(side.network, "roofing")
    cases = cases_of((panel,), side.revision.flows["roofing"].answers)
    by_answers: dict[str, list[str]] = {}
    for case in cases:
        by_answers.setdefault(json.dumps(case.answers), []).extend(case.codes)
    assert len(by_answers) == 4  # two needs, two ways to pay
    assert all(sorted(codes) == list(zip_table().codes()) for codes in by_answers.values())


def test_generated_calls_are_the_same_for_the_same_seed() -> None:
    published = load(ROOFING)
    assert list(generated_calls(published, 20, 7)) == list(generated_calls(published, 20, 7))
    assert list(generated_calls(published, 20, 7)) != list(generated_calls(published, 20, 8))


def test_a_higher_price_brings_that_much_more_of_the_same_calls(tmp_path: Path) -> None:
    published = load(ROOFING)
    own = side_of(published).revision
    calls = [(events, own) for events in generated_calls(published, 200, 7)]
    dearer = side_of(load(changed_roofing(tmp_path, ('price: "28.50"', 'price: "57.00"'))))
    money = money_moved(calls, dearer)
    assert money.calls == 200
    assert not money.moved
    billed = money.would_be.revenue_micros - money.was.revenue_micros
    assert billed > 0
    assert billed % 28_500_000 == 0
    assert money.would_be.payout_micros == money.was.payout_micros


@pytest.mark.parametrize(("price", "code"), [("45.00", 0), ("46.00", 1)])
def test_the_command_ends_with_1_where_anything_moves(price: str, code: int, tmp_path: Path) -> None:
    folder = changed_roofing(tmp_path, ('price: "45.00"', f'price: "{price}"'))
    arguments = ["diff", str(ROOFING), str(folder), "--generate", "50", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code
    document = json.loads(result.stdout)
    assert document["calls"][0]["calls"] == 50
    assert bool(document["settings"]) == bool(code)
