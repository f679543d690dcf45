"""A call that chose among many buyers is told whole when somebody asks."""

from __future__ import annotations

from pathlib import Path

from engine.accounts.retelling import call_in_full
from engine.core.replay import replay
from engine.language.kept.reading import read_kept
from engine.language.revisions import read_network_dir
from engine.store import Store
from tests.runtime.kept_calls import ROOFING, START, kept_call
from tests.shown import show_json

MANY = 130


def changes() -> dict[str, str]:
    """The roofing network with so many buyers more, all of them but the last dearer than the rest."""
    network = read_network_dir(ROOFING)["network.yaml"]
    head = next(line.strip() for line in network.splitlines() if line.strip().startswith("buyers: [lonestar"))
    names = [f"b{number}" for number in range(MANY)]
    told = "\n".join(
        f'  {name}: {{to: "+1555{number:07d}", price: "{90 - number % 7}.00", caps: {{day: 1}}, '
        f"accepts: 'zip.state == \"{'OK' if number % 5 == 0 else 'TX'}\"'}}"
        for number, name in enumerate(names)
    )
    return {head: head.replace("]", f", {', '.join(names)}]"), "\nbuyers:\n": f"\nbuyers:\n{told}\n"}


async def test_what_a_long_decision_did_not_write_is_rebuilt_from_the_journal(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        call = await kept_call(store, changes=changes())
        written = await store.call(call)
        whole = await call_in_full(store, call)
        assert written is not None
        assert whole is not None
        (short,), (full,) = show_json(written)["decisions"], show_json(whole)["decisions"]
        assert len(short["candidates"]) == 20
        assert sum(short["others"].values()) + 20 == len(full["candidates"])
        assert full["others"] == {}
        assert full["chosen"] == short["chosen"]
        by_name = {each["buyer"]: each for each in full["candidates"]}
        assert all(by_name[each["buyer"]] == each for each in short["candidates"])
        assert by_name["b0"]["code"] == "terms_not_met"
        assert by_name["b0"]["clauses"][0]["outcome"] == "false"
        files = await store.revision_files(written.record.revision)
        assert files is not None
        revision = read_kept(files)
        assert replay(await store.journal(call), revision).difference is None
        assert await call_in_full(store, call, revision) == whole
        assert await call_in_full(store, "nobody") is None


async def test_a_short_decision_stays_as_it_was_written(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        call = await kept_call(store)
        assert await call_in_full(store, call) == await store.call(call)
