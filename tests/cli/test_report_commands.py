"""Reports and exports from the command line and the API, over real calls of the roofing network."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.accounts.csv_tables import csv_line
from engine.accounts.exporting import EXPORTS, export
from engine.cli import main
from engine.core.commands import Post, Record
from engine.core.facts import LedgerEntry, Tag
from engine.core.records import changed
from engine.language.stories.story import PressKeys
from engine.store import Correction, Store
from engine.store.reports import pages
from engine.store.reports.spans import Span
from tests.runtime.kept_calls import kept_call
from tests.store.store_world import ENDING, OPENED, REVENUE, START, TALKED, VERDICT, arrived


@pytest.fixture
def db(tmp_path: Path) -> str:
    """Two calls of 95 s, one of 20 s, and one whose caller hung up at the second question."""
    url = f"sqlite:///{tmp_path}/reports.db"

    async def keep() -> None:
        async with await Store.open(url, "worker-1", lambda: START) as store:
            await kept_call(store, "call-1")
            await kept_call(store, "call-2")
            await kept_call(store, "call-3", talk_ms=20_000)
            await kept_call(store, "call-4", acts=(PressKeys("78701"),))

    asyncio.run(keep())
    return url


def cordboard(db: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--db", db], catch_exceptions=False)


def test_a_report_by_campaign_adds_up(db: str) -> None:
    (row,) = json.loads(cordboard(db, "report", "--by", "campaign", "--json").stdout)
    assert {name: row[name] for name in ("calls", "answered", "qualified", "bridged", "billed")} == {
        "calls": 4,
        "answered": 4,
        "qualified": 3,
        "bridged": 3,
        "billed": 2,
    }
    assert (row["revenue"], row["payout"], row["margin"]) == ("90.00", "60.00", "30.00")
    assert row["mean_talk_s"] == 70.0


def test_the_funnel_says_where_callers_hung_up(db: str) -> None:
    rows = {row["node"]: row for row in json.loads(cordboard(db, "report", "--by", "node", "--json").stdout)}
    assert sum(row["hung_up"] + row["cut"] for row in rows.values()) <= 4
    assert rows["ask_zip"]["entered"] == 4
    for row in rows.values():
        assert row["entered"] == row["left"] + row["hung_up"] + row["cut"]


def test_days_narrow_a_report_and_both_ends_are_whole(db: str) -> None:
    def calls(*days: str) -> int:
        rows = json.loads(cordboard(db, "report", "--by", "day", "--json", *days).stdout)
        return sum(row["calls"] for row in rows)

    assert calls("--from", "2026-11-22", "--to", "2026-11-22") == 4
    assert calls("--to", "2026-11-21") == 0
    assert calls("--from", "2026-11-23") == 0


def test_a_report_prints_a_table_and_csv(db: str) -> None:
    table = cordboard(db, "report", "--by", "buyer").stdout.splitlines()
    assert table[0].split()[:5] == ["buyer", "calls", "answered", "qualified", "offers"]
    assert table[1].split()[:2] == ["lonestar", "3"]
    rows = list(csv.DictReader(io.StringIO(cordboard(db, "report", "--by", "buyer", "--csv").stdout)))
    assert (rows[0]["buyer"], rows[0]["revenue"]) == ("lonestar", "90.00")
    assert {row["calls"] for row in rows[1:]} == {"0"}  # who could have taken calls and got none


def test_every_further_currency_has_a_line_of_its_own(db: str) -> None:
    async def in_euros() -> None:
        async with await Store.open(db, "worker-1", lambda: START) as store:
            store.append("euros", 0, arrived("euros"))
            euros = Post((changed(REVENUE, amount_micros=7_000_000, currency="EUR"),))
            store.append_commands("euros", 0, [Record(OPENED), Record(TALKED), euros, Record(ENDING)])

    asyncio.run(in_euros())
    (row,) = json.loads(cordboard(db, "report", "--by", "campaign", "--json").stdout)
    assert [row[name] for name in ("revenue", "payout", "margin", "currency")] == [None] * 4
    assert [(one["currency"], one["billed"], one["margin"]) for one in row["amounts"]] == [
        ("EUR", 1, "7.00"),
        ("USD", 2, "30.00"),
    ]
    text = cordboard(db, "report", "--by", "campaign", "--csv").stdout
    lines = list(csv.DictReader(io.StringIO(text)))
    told = [
        (line["campaign"], line["calls"], line["billed"], line["revenue"], line["currency"]) for line in lines
    ]
    assert told == [("roofing", "5", "3", "7.00", "EUR"), ("roofing", "", "", "90.00", "USD")]
    assert "amounts" not in text
    first, second = cordboard(db, "report", "--by", "campaign").stdout.splitlines()[1:]
    assert "7.00" in first
    assert second.split() == ["roofing", "90.00", "60.00", "30.00", "USD"]


def test_exports_hold_every_call_answer_and_entry(db: str, tmp_path: Path) -> None:
    out = tmp_path / "calls.csv"
    assert cordboard(db, "export", "calls", "--out", str(out)).exit_code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["call"] for row in rows] == ["call-1", "call-2", "call-3", "call-4"]
    assert (rows[0]["from"], rows[0]["revenue"]) == ("+15125550123", "45.00")
    assert rows[0]["started_at"] == "2026-11-22T10:00:00.000Z"
    ledger = json.loads(cordboard(db, "export", "ledger", "--format", "json").stdout)
    assert [(one["call"], one["kind"], one["amount"]) for one in ledger] == [
        ("call-1", "revenue", "45.00"),
        ("call-1", "payout", "30.00"),
        ("call-2", "revenue", "45.00"),
        ("call-2", "payout", "30.00"),
    ]
    answers = json.loads(cordboard(db, "export", "answers", "--format", "json").stdout)
    assert {one["name"] for one in answers if one["call"] == "call-1"} == {"zip", "need", "insurance"}
    assert json.loads(cordboard(db, "export", "calls", "--format", "json", "--to", "2026-11-01").stdout) == []


def rows_of(db: str, *arguments: str) -> list[dict[str, Any]]:
    return list(json.loads(cordboard(db, *arguments).stdout))


def test_two_buyers_in_one_call_are_two_rows_with_what_each_owes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/two.db"

    async def keep() -> None:
        async with await Store.open(url, "worker-1", lambda: START) as store:
            first = changed(VERDICT, revenue_micros=12_000_000, payout_micros=0, payable=False)
            second = changed(VERDICT, leg="buyer-2", buyer="redriver", revenue_micros=20_000_000)
            leg = changed(TALKED, leg="buyer-2", buyer="redriver")
            entries = (
                changed(REVENUE, amount_micros=12_000_000),
                LedgerEntry("revenue", "redriver", "redriver", 20_000_000, "USD"),
                LedgerEntry("payout", "radio-tx", "redriver", 10_000_000, "USD"),
            )
            facts = (OPENED, TALKED, leg, first, second, Tag(9, "mark", "sub1", "a-7"))
            store.append("call-1", 0, arrived("call-1"))
            closing = [*map(Record, facts), Post(entries), Record(ENDING)]
            store.append_commands("call-1", 0, closing)
            await store.flush()
            await store.correct(Correction("call-1", "redriver", "revenue", 0, "void", "desk"))

    asyncio.run(keep())
    rows = rows_of(url, "export", "calls", "--format", "json")
    shown = [(row["buyer"], row["billable"], row["revenue"], row["payout"], row["talk_s"]) for row in rows]
    assert shown == [("lonestar", True, "12.00", "0.00", 95.2), ("redriver", False, "0.00", "10.00", 95.2)]
    assert all(row["tags"] == {"sub1": "a-7"} for row in rows)
    (own,) = rows_of(url, "export", "calls", "--format", "json", "--buyer", "lonestar")
    assert own["revenue"] == "12.00"
    (campaign,) = rows_of(url, "report", "--by", "campaign", "--buyer", "redriver", "--json")
    assert (campaign["calls"], campaign["revenue"], campaign["payout"]) == (1, "0.00", "10.00")
    assert (campaign["talk_s"], campaign["billed"]) == (95.2, 0)
    (tag,) = rows_of(url, "report", "--by", "tag", "--tag", "sub1", "--json")
    assert (tag["tag"], tag["calls"], tag["revenue"]) == ("a-7", 1, "12.00")
    (entry,) = rows_of(url, "export", "ledger", "--format", "json", "--buyer", "lonestar")
    assert entry["amount"] == "12.00"


def test_a_publisher_and_a_tags_value_narrow_reports_and_every_export(db: str) -> None:
    async def of_another_publisher() -> None:
        async with await Store.open(db, "worker-1", lambda: START) as store:
            facts = (changed(OPENED, publisher="web"), TALKED, Tag(9, "mark", "sub1", "a-7"))
            owed = LedgerEntry("payout", "web", "lonestar", 9_000_000, "USD")
            store.append("of-web", 0, arrived("of-web"))
            store.append_commands("of-web", 0, [*map(Record, facts), Post((REVENUE, owed)), Record(ENDING)])
            await store.flush()

    asyncio.run(of_another_publisher())
    for narrowed in (("--publisher", "web"), ("--tag", "sub1=a-7")):
        (row,) = rows_of(db, "report", "--by", "campaign", "--json", *narrowed)
        assert (row["calls"], row["revenue"], row["payout"]) == (1, "45.00", "9.00")
        (call,) = rows_of(db, "export", "calls", "--format", "json", *narrowed)
        assert (call["call"], call["publisher"], call["tags"]) == ("of-web", "web", {"sub1": "a-7"})
        entries = rows_of(db, "export", "ledger", "--format", "json", *narrowed)
        assert [(entry["kind"], entry["amount"]) for entry in entries] == [
            ("revenue", "45.00"),
            ("payout", "9.00"),
        ]
        assert rows_of(db, "export", "answers", "--format", "json", *narrowed) == []
    (others,) = rows_of(db, "report", "--by", "campaign", "--json", "--publisher", "radio-tx")
    assert (others["calls"], others["revenue"], others["payout"]) == (4, "90.00", "60.00")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("report", "A call belongs to the day on which it began"),
        ("export", "entries of the ledger, corrections too, to the day on which they were posted"),
    ],
)
def test_the_help_says_in_which_period_a_correction_counts(command: str, said: str) -> None:
    told = CliRunner().invoke(main, [command, "--help"]).stdout
    assert said in " ".join(told.split())


def test_a_correction_counts_in_its_own_day_in_the_ledger_and_in_the_calls_day_in_reports(db: str) -> None:
    async def correct() -> None:
        later = START + 40 * 86_400_000
        async with await Store.open(db, "worker-1", lambda: later) as store:
            await store.correct(Correction("call-1", "lonestar", "revenue", 40_000_000, "agreed", "desk"))

    asyncio.run(correct())
    november = ("--from", "2026-11-01", "--to", "2026-11-30")
    assert len(rows_of(db, "export", "ledger", "--format", "json", *november)) == 4
    (entry,) = rows_of(db, "export", "ledger", "--format", "json", "--from", "2026-12-01")
    assert (entry["call"], entry["amount"], entry["started_at"][:7]) == ("call-1", "-5.00", "2026-11")
    (row,) = rows_of(db, "report", "--by", "campaign", "--json", *november)
    assert row["revenue"] == "85.00"


@pytest.mark.parametrize("kind", ["campaign", "publisher", "buyer", "tag"])
def test_a_misspelt_name_is_an_error_that_says_what_there_is(db: str, kind: str) -> None:
    for command in (("report", "--by", "tag" if kind == "tag" else "campaign"), ("export", "calls")):
        result = cordboard(db, *command, f"--{kind}", "lonestra" if kind == "buyer" else "rofing")
        assert result.exit_code == 2
        assert f"{kind} '{'lonestra' if kind == 'buyer' else 'rofing'}' doesn't exist" in result.stderr
    assert "did you mean 'lonestar'?" in cordboard(db, "report", "--by", "day", "--buyer", "lonestra").stderr


async def test_pages_follow_each_other_without_gap_or_repetition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    async with await Store.open(f"sqlite:///{tmp_path}/p.db", "worker-1", lambda: START) as store:
        for number in range(5):
            await kept_call(store, f"call-{number}")
        for what, count in (("calls", 5), ("ledger", 10), ("answers", 15)):
            texts = [text async for text in export(store, EXPORTS[what], Span(), "json")]  # type: ignore[index]
            rows = json.loads("".join(texts))
            assert len(rows) == len({json.dumps(row) for row in rows}) == count


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =cmd", "' =cmd"),
        ("-2+3", "'-2+3"),
        ("-25.00", "-25.00"),
        ("+15125550123", "+15125550123"),
        ("\t=1", "'\t=1"),
        ('say "hi", twice', '"say ""hi"", twice"'),
        (None, ""),
        (True, "true"),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell: str | bool | None, written: str) -> None:
    assert csv_line([cell, "x"]) == f"{written},x\r\n"
