"""`cordboard diff --db` asks the calls of a database again, by the revision that each ran by."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner, Result

from engine.cli.diff import diff
from engine.core.sought import Sought
from engine.store import Store
from tests.runtime.kept_calls import START, kept_call

ROOFING = Path("examples/flows/roofing")


def database(folder: Path) -> str:
    """Three calls of one evening: two billed to lonestar, the third too short."""
    url = f"sqlite:///{folder}/calls.db"

    async def keep() -> None:
        async with await Store.open(url, "worker-1", lambda: START) as store:
            await kept_call(store, "call-1")
            await kept_call(store, "call-2")
            await kept_call(store, "call-3", talk_ms=70_000)

    asyncio.run(keep())
    return url


def roofing_with(folder: Path, *changes: tuple[str, str]) -> Path:
    for file in ROOFING.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            text = text.replace(old, new)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def told(*arguments: object) -> Result:
    return CliRunner().invoke(diff, [*map(str, arguments)])


def test_a_shorter_threshold_bills_the_call_that_was_too_short(tmp_path: Path) -> None:
    new = roofing_with(tmp_path, ("billable: {after: 90s", "billable: {after: 60s"))
    result = told(ROOFING, new, "--db", database(tmp_path))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "0 of the last 3 calls would change buyer" in lines
    assert "revenue 90.00 → 135.00 (+50.0%)" in lines
    assert "payout 60.00 → 60.00 (the same)" in lines
    assert "  lonestar: 3 → 3 calls, 90.00 → 135.00" in lines


def test_zips_buyers_and_money_of_stored_calls_are_named(tmp_path: Path) -> None:
    new = roofing_with(
        tmp_path,
        ('zip.state == "TX"\n', 'zip.state == "TX" && !zip.startsWith("787")\n'),
        ('zip.state == "TX"  ', 'zip.state == "TX" && !zip.startsWith("787")  '),
    )
    result = told(ROOFING, new, "--db", database(tmp_path), "--last", 2, "--json")
    document = json.loads(result.stdout)
    sentences = [each["sentence"] for each in document["reach"]]
    assert any(sentence.startswith("lonestar loses") and "(TX " in sentence for sentence in sentences)
    (calls,) = document["calls"]
    assert calls["what"] == "stored calls"
    assert calls["moved"] == [{"from": "lonestar", "to": "redriver", "calls": 2}]
    assert calls["revenue_micros"]["would_be"] < calls["revenue_micros"]["was"]
    assert [buyer["buyer"] for buyer in calls["buyers"]] == ["lonestar", "redriver"]


def test_the_same_network_moves_none_of_its_calls(tmp_path: Path) -> None:
    result = told(ROOFING, ROOFING, "--db", database(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("no differences")


def test_a_flow_that_sends_everybody_to_the_desk_is_tried_on_generated_calls_and_named(
    tmp_path: Path,
) -> None:
    new = roofing_with(tmp_path, ("    next: find\n", "    next: desk\n"))
    result = told(ROOFING, new, "--db", database(tmp_path))
    assert "0 of the last 3 calls would change buyer" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if "of 1,000 generated calls would" in line]
    assert not line.startswith("0 ")
    assert (
        "  changed flows: stored calls kept their own, and only their buyers were chosen again; "
        "the generated calls went through both"
    ) in result.stdout.splitlines()


def test_what_stored_calls_cannot_show_is_named(tmp_path: Path) -> None:
    bids = "bid: {ping: {url: 'https://bids.example.com/ping'}, floor: \"31.00\"}"
    new = roofing_with(tmp_path, ('price: "45.00"', bids))
    db = database(tmp_path)

    async def forgotten() -> None:
        async with await Store.open(db, "worker-1", lambda: START) as store:
            await store.shredder.ask(["call-1"], "transcripts", "desk")
            for asked in await store.shredder.waiting():
                await store.shredder.erase(asked, Sought(""), ())

    asyncio.run(forgotten())
    lines = told(ROOFING, new, "--db", db, "--generate", "0").stdout.splitlines()
    unseen = lines[lines.index("not seen here:") + 1 :]
    assert unseen[:3] == [
        "  bids of new bidders (lonestar): they were never asked, so they get no stored call",
        "  corrections: the money of stored calls is that of their verdicts, as they ended",
        "  stored calls of which something was erased: 1 left out",
    ]
    assert not any(line.startswith("  live prices of bidders") for line in unseen)
