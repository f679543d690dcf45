"""Operators pause buyers, correct bills and check the ledger from the command line."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.core.commands import Record
from engine.language.revisions import read_network_dir
from engine.store import Correction, Store
from tests.runtime.kept_calls import kept_call
from tests.store.store_world import CLOSING, OPENED, START, TALKED, arrived

ROOFING = Path("examples/flows/roofing")


def in_store(url: str, work: Callable[[Store], Awaitable[None]]) -> None:
    async def working() -> None:
        async with await Store.open(url, "worker-1", lambda: START) as store:
            await work(store)

    asyncio.run(working())


@pytest.fixture
def db(tmp_path: Path) -> str:
    """A database with the roofing network and one billed call."""
    url = f"sqlite:///{tmp_path}/money.db"

    async def billed(store: Store) -> None:
        await store.keep_revision("sha256:aa", read_network_dir(ROOFING))
        store.append("call-1", 0, arrived())
        store.append_commands("call-1", 0, [Record(OPENED), Record(TALKED), *CLOSING])
        await store.flush()

    in_store(url, billed)
    return url


def cordboard(db: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--db", db])


def test_a_buyer_is_paused_and_resumed_by_name(db: str) -> None:
    paused = cordboard(db, "pause", "lonestar", "--why", "closed for a storm", "--by", "desk")
    assert (paused.exit_code, paused.stdout) == (0, "lonestar is paused in all campaigns\n")
    again = cordboard(db, "pause", "lonestar", "--why", "closed for a storm")
    assert (again.exit_code, again.stderr) == (1, "lonestar is already paused in all campaigns\n")

    async def asked(store: Store) -> None:
        assert await store.paused("roofing") == {"lonestar": "closed for a storm"}
        assert [(step.made_by, step.action) for step in await store.pauses()] == [("desk", "pause")]

    in_store(db, asked)
    assert cordboard(db, "resume", "lonestar").stdout == "lonestar is resumed in all campaigns\n"
    assert cordboard(db, "resume", "lonestar").exit_code == 1
    one = cordboard(db, "pause", "lonestar", "--campaign", "roofing", "--why", "full")
    assert one.stdout == "lonestar is paused in campaign roofing\n"


def test_a_typo_pauses_nobody(db: str) -> None:
    buyer = cordboard(db, "pause", "lonstar", "--why", "x")
    assert (buyer.exit_code, buyer.stderr) == (2, "buyer 'lonstar' doesn't exist; did you mean 'lonestar'?\n")
    campaign = cordboard(db, "pause", "lonestar", "--campaign", "rofing", "--why", "x")
    assert campaign.stderr == "campaign 'rofing' doesn't exist; did you mean 'roofing'?\n"


def test_a_bill_is_corrected_once(db: str) -> None:
    given = (
        "correct",
        "call-1",
        "--buyer",
        "lonestar",
        "--amount",
        "40",
        "--why",
        "half hour",
        "--by",
        "desk",
    )
    entries = json.loads(cordboard(db, *given, "--json").stdout)["ledger"]
    assert [(e["kind"], e["amount"], e["corrects"]) for e in entries] == [
        ("revenue", "45.00", None),
        ("payout", "30.00", None),
        ("correction", "-5.00", 1),
    ]
    assert (entries[2]["why"], entries[2]["made_by"]) == ("half hour", "desk")
    again = cordboard(db, *given)
    assert again.exit_code == 2
    assert "is already 40.00" in again.stderr
    void = cordboard(
        db, "correct", "call-1", "--buyer", "lonestar", "--void", "--why", "robot", "--by", "desk"
    )
    assert "#4  correction lonestar       -40.00 USD  corrects #1  desk: robot" in void.stdout
    assert "#5  correction radio-tx       -30.00 USD  corrects #2  desk: robot" in void.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "give the corrected amounts"),
        (("--void", "--amount", "1"), "give the corrected amounts"),
        (("--amount", "a lot"), "is not an amount of money"),
    ],
)
def test_a_correction_says_what_shall_stand(db: str, options: tuple[str, ...], says: str) -> None:
    result = cordboard(db, "correct", "call-1", "--buyer", "lonestar", *options, "--why", "x")
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_correction_is_an_amount_that_can_be_paid(db: str) -> None:
    given = ("correct", "call-1", "--buyer", "lonestar", "--why", "half", "--by", "desk")
    for option in ("--amount", "--payout"):
        refused = cordboard(db, *given, option, "22.505")
        assert refused.exit_code == 2
        assert "can't be 22.505: that is finer than 0.01 USD; round it" in refused.stderr
    assert cordboard(db, *given, "--amount", "22.50").exit_code == 0
    nobody = cordboard(db, "correct", "call-1", "--buyer", "redriver", "--void", "--why", "x", "--by", "desk")
    assert (nobody.exit_code, nobody.stderr) == (2, "call call-1: nothing was billed to redriver\n")


def test_a_ledger_that_somebody_changed_is_found_out(db: str) -> None:
    (head, *_) = json.loads(cordboard(db, "ledger", "heads", "--party", "lonestar", "--json").stdout)
    held = cordboard(db, "ledger", "verify", "--party", "lonestar", "--head", head["head"])
    assert (held.exit_code, held.stdout) == (0, f"lonestar: 1 entry, holds, head {head['head']}\n")
    file = sqlite3.connect(db.removeprefix("sqlite:///"))
    file.execute("DROP TRIGGER ledger_update")
    file.execute("UPDATE ledger SET amount_micros = 1 WHERE entry = 1")
    file.commit()
    file.close()
    broken = cordboard(db, "ledger", "verify", "--json")
    assert broken.exit_code == 1
    document = json.loads(broken.stdout)
    assert [(check["party"], check["broken_entry"]) for check in document] == [
        ("lonestar", 1),
        ("radio-tx", None),
    ]
    nobody = cordboard(db, "ledger", "verify", "--party", "redriver")
    assert (nobody.exit_code, "no entries of 'redriver'" in nobody.stderr) == (2, True)


def test_a_dispute_is_opened_listed_and_decided(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/disputes.db"

    async def billed(store: Store) -> None:
        await kept_call(store)

    in_store(db, billed)
    given = (
        "dispute",
        "open",
        "call-1",
        "--buyer",
        "lonestar",
        "--says",
        "not from Texas",
        "--by",
        "lonestar",
    )
    opened = cordboard(db, *given, "--clause", "zip.state == 'TX'")
    assert opened.exit_code == 0, opened.stderr
    assert "proposed: reject, new amount 45.00" in opened.stdout
    assert "zip was keyed, at ask_zip" in opened.stdout
    listed = json.loads(cordboard(db, "dispute", "list", "--open", "--json").stdout)
    assert [(each["dispute"], each["state"]) for each in listed] == [(1, "open")]
    decided = cordboard(db, "dispute", "decide", "1", "--amount", "20", "--by", "desk", "--why", "goodwill")
    assert "partly by desk, amount 20.00: goodwill" in decided.stdout
    shown = cordboard(db, "show", "call-1").stdout
    assert "dispute 1 of call call-1: partly" in shown
    assert "-25.00 USD  corrects #1  desk: dispute 1 partly: goodwill" in shown
    again = cordboard(db, "dispute", "decide", "1", "--accept", "--by", "desk")
    assert (again.exit_code, again.stderr) == (2, "dispute 1 was already partly by desk\n")
    assert cordboard(db, *given).stderr == "give the disputed --clause, or a --reason\n"
    both = cordboard(db, "dispute", "decide", "1", "--accept", "--reject")
    assert both.stderr == "choose one of --accept, --reject and --amount\n"
    assert cordboard(db, "dispute", "list", "--open").stderr == "no disputes\n"


@pytest.mark.parametrize(
    ("options", "revenue", "payout"),
    [
        (("--accept",), "0.00", "0.00"),
        (("--accept", "--payout", "30"), "0.00", "30.00"),
        (("--amount", "20"), "20.00", "30.00"),
    ],
)
def test_a_decision_says_what_becomes_of_the_payout(
    tmp_path: Path, options: tuple[str, ...], revenue: str, payout: str
) -> None:
    db = f"sqlite:///{tmp_path}/refunds.db"

    async def billed(store: Store) -> None:
        await kept_call(store)

    in_store(db, billed)
    opened = ("dispute", "open", "call-1", "--buyer", "lonestar", "--says", "no", "--reason", "other")
    assert cordboard(db, *opened).exit_code == 0
    decided = cordboard(db, "dispute", "decide", "1", *options, "--why", "so", "--by", "desk")
    assert f"the payout for the call is {payout}" in decided.stdout
    shown = json.loads(cordboard(db, "show", "call-1", "--json").stdout)
    assert [bill["amount"] for bill in shown["stands"]] == [revenue, payout]
    assert shown["disputes"][0]["payout"] == payout


def test_a_correction_says_what_becomes_of_the_payout(db: str) -> None:
    given = ("correct", "call-1", "--buyer", "lonestar", "--why", "agreed", "--by", "desk")
    part = cordboard(db, *given, "--amount", "40").stdout
    assert "the payout to radio-tx is 30.00 USD, as it was" in part
    whole = cordboard(db, *given, "--amount", "0").stdout
    assert "the payout to radio-tx is 0.00 USD instead of 30.00" in whole


def test_what_was_cut_off_the_ledger_is_found_out_and_reports_refuse_it(db: str) -> None:
    given = ("correct", "call-1", "--buyer", "lonestar", "--why", "agreed", "--by", "desk")
    assert cordboard(db, *given, "--amount", "40").exit_code == 0
    report = ("report", "--by", "campaign", "--json")
    assert cordboard(db, *report).exit_code == 0
    tampered(db, "DELETE FROM ledger WHERE kind = 'correction'")
    broken = cordboard(db, "ledger", "verify")
    assert broken.exit_code == 1
    assert "lonestar has 1 entries, but 2 were made: entries were deleted" in broken.stdout
    refused = cordboard(db, *report)
    assert refused.exit_code == 2
    assert "the ledger of lonestar is broken" in refused.stderr
    assert cordboard(db, *report, "--even-if-broken").exit_code == 0
    heads = cordboard(db, "ledger", "heads")
    assert heads.exit_code == 1
    assert heads.stdout.startswith("radio-tx  1  ")
    assert "lonestar: 1 entry, lonestar has 1 entries, but 2 were made" in heads.stderr


def test_a_bill_that_was_deleted_with_its_head_is_missed_by_its_verdict(db: str) -> None:
    tampered(
        db, "DELETE FROM ledger WHERE kind = 'revenue'", "DELETE FROM ledger_heads WHERE party = 'lonestar'"
    )
    result = cordboard(db, "ledger", "verify")
    assert result.exit_code == 1


def test_a_call_whose_publisher_was_changed_is_found_out(db: str) -> None:
    tampered(db, "UPDATE calls SET publisher = 'web'")
    broken = cordboard(db, "ledger", "verify")
    assert broken.exit_code == 1
    assert "pays radio-tx for call call-1, but that call is web's now" in broken.stdout


def test_entries_whose_call_was_deleted_are_found_out(db: str) -> None:
    tampered(db, "DELETE FROM calls")
    broken = cordboard(db, "ledger", "verify")
    assert broken.exit_code == 1
    for number, party in enumerate(("lonestar", "radio-tx"), 1):
        said = f"entry {number} of {party} is of call call-1, but there is no such call: it was deleted"
        assert said in broken.stdout
    refused = cordboard(db, "report", "--by", "campaign", "--json")
    assert (refused.exit_code, "the ledger of lonestar is broken" in refused.stderr) == (2, True)


def tampered(db: str, *statements: str) -> None:
    """As somebody with the file in hand: the triggers are no hindrance."""
    file = sqlite3.connect(db.removeprefix("sqlite:///"))
    with file:
        for change in ("update", "delete"):
            file.execute(f"DROP TRIGGER IF EXISTS ledger_{change}")
        for statement in statements:
            file.execute(statement)
    file.close()


def test_buyers_who_hang_up_just_below_the_threshold_are_counted(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/buzzers.db"

    async def calls(store: Store) -> None:
        for name, talk_ms, ended_by in (
            ("a", 95_000, "buyer"),
            ("b", 89_000, "buyer"),
            ("c", 82_000, "buyer"),
            ("d", 85_000, "caller"),
            ("e", 20_000, "buyer"),
        ):
            await kept_call(store, name, talk_ms=talk_ms, ended_by=ended_by)
        await store.correct(Correction("a", "lonestar", "revenue", 40_000_000, "goodwill", "desk"))

    in_store(db, calls)
    (figures,) = json.loads(cordboard(db, "buyers", "--since", "3650d", "--json").stdout)
    assert figures == {
        "buyer": "lonestar",
        "offered": 5,
        "answered": 5,
        "connected": 5,
        "billed": 1,
        "revenue": "40.00",
        "currency": "USD",
        "buzzers": 2,
        "caller_misses": 1,
    }
    assert "buzzers" in cordboard(db, "buyers", "--since", "3650d").stdout
