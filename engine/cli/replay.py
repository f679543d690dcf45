"""cordboard replay: the same journal again, against the same revision or another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.accounts.rejudging import erased_since
from engine.accounts.revisions import RevisionLost, kept_revision
from engine.cli.check import print_mistakes
from engine.cli.options import (
    db_option,
    json_option,
    named_call,
    network_folder,
    print_json,
    stop,
    with_store,
)
from engine.core.flow import Revision
from engine.core.journal import Entry
from engine.core.json_values import JsonObject
from engine.core.printable import printable
from engine.core.replay import replay as replay_journal
from engine.language.revisions import load
from engine.rehearsal.what_if import what_if
from engine.store.store import Store


@click.command()
@click.argument("call", required=False)
@click.option("--all", "every", is_flag=True, help="Replay every finished call.")
@click.option(
    "--against",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Replay against another revision: the first difference, the buyer it would choose and the bill.",
)
@db_option
@json_option
def replay(call: str | None, every: bool, against: Path | None, db: str, as_json: bool) -> None:
    """Replay CALL's journal against its revision, and print the first difference, if any (exit 1)."""
    if bool(call) == every:
        stop("name one CALL, or --all")
    other = _other_revision(against) if against else None

    async def work(store: Store) -> list[JsonObject]:
        names = await _finished(store) if every else [await named_call(store, call or "")]
        return [await _replayed(store, name, other) for name in names]

    results = with_store(db, work)
    whole = [result for result in results if "erased" not in result]
    differing = [result for result in whole if not result["same"]]
    if as_json:
        print_json(results if every else results[0])
    else:
        for result in results:
            _tell(result, brief=every and (bool(result["same"]) or "erased" in result))
        if every:
            count, erased = len(whole), len(results) - len(whole)
            click.echo(f"{count - len(differing)} of {count} calls replay to the same commands")
            if erased:
                click.echo(f"{erased} calls are erased, so they can't be replayed")
    sys.exit(1 if differing else 0)


def _other_revision(folder: Path) -> Revision:
    published = load(network_folder(folder))
    if published.revision is None:
        print_mistakes(folder, published.mistakes, err=True)
        stop("nothing to replay against: the network has errors")
    return published.revision


async def _finished(store: Store) -> list[str]:
    names: list[str] = []
    before: str | None = None
    while page := await store.calls(500, before, practice=None):
        names += [summary.record.call for summary in page if summary.record.ended_at is not None]
        before = page[-1].record.call
    return names


async def _replayed(store: Store, name: str, other: Revision | None) -> JsonObject:
    view = await store.call(name)
    assert view is not None, "a call that was found is there"
    if (gone := erased_since(view)) is not None:
        return _erased(name, view.record.revision, gone)
    journal: list[Entry] = await store.journal(name)
    try:
        own = await kept_revision(store, view.record.revision)
    except RevisionLost as lost:
        return _unread(name, view.record.revision, len(journal), str(lost))
    result = replay_journal(journal, other or own)
    difference = result.difference
    document: JsonObject = {
        "call": name,
        "revision": (other or own).id,
        "events": len(journal),
        "same": difference is None,
        "difference": None
        if difference is None
        else {
            "event": difference.index,
            "at_ms": difference.at,
            "node": difference.node,
            "happened": difference.event,
            "journal": difference.kept,
            "replay": difference.replayed,
            "sentence": str(difference),
        },
    }
    if other is not None:
        document["what_if"] = what_if(journal, own, other)
    return document


def _erased(name: str, revision: str, gone: str) -> JsonObject:
    """A call of which something was erased: nothing is the matter with it, but it cannot be replayed."""
    shared: JsonObject = {"call": name, "revision": revision, "events": 0, "same": None, "difference": None}
    return {**shared, "erased": gone}


def _unread(name: str, revision: str, events: int, why: str) -> JsonObject:
    """A call that cannot be replayed, for its revision is not there to replay it by."""
    return {
        "call": name,
        "revision": revision,
        "events": events,
        "same": None,
        "difference": {"sentence": f"not replayed: {why}"},
    }


def _tell(result: JsonObject, brief: bool) -> None:
    if brief:
        return
    if "erased" in result:
        click.echo(f"{result['call']}: {result['erased']}; it can't be replayed")
        return
    difference = result["difference"]
    if not isinstance(difference, dict):
        click.echo(f"{result['call']}: the same commands for all {result['events']} events")
    else:
        click.echo(printable(f"{result['call']}: {difference['sentence']}"))
    would = result.get("what_if")
    if isinstance(would, dict):
        for line in would["sentences"]:  # type: ignore[union-attr]
            click.echo(printable(f"  {line}"))
