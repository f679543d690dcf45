"""cordboard diff: what a change of a network means, not what text moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from engine.cli.check import print_mistakes
from engine.cli.options import json_option, network_folder, print_json, stop, with_store
from engine.core.events import Event
from engine.core.flow import Revision
from engine.core.journal import JsonObject
from engine.language.revisions import Published, load
from engine.rehearsal.comparison.comparing import (
    Side,
    money_moved,
    reach_moved,
    settings_moved,
    side_of,
)
from engine.rehearsal.comparison.generated import generated_calls
from engine.rehearsal.comparison.money_moved import MoneyMoved
from engine.runtime.publishing import kept_revision
from engine.store.store import Store

Journals = Iterable[tuple[Sequence[Event], Revision]]


@click.command()
@click.argument("old", metavar="OLD", type=click.Path(path_type=Path))
@click.argument("new", metavar="NEW", type=click.Path(path_type=Path))
@click.option("--db", envvar="CORDBOARD_DB", metavar="URL", help="Hold the change against stored calls, too.")
@click.option("--last", default=1000, show_default=True, help="How many of the stored calls, the newest.")
@click.option(
    "--generate",
    default=0,
    metavar="N",
    type=click.IntRange(0, 100_000),
    help="Hold the change against N calls drawn from the seed; 1000 where there is no --db.",
)
@click.option("--seed", default=7, show_default=True, help="What the generated calls are drawn from.")
@json_option
def diff(old: Path, new: Path, db: str | None, last: int, generate: int, seed: int, as_json: bool) -> None:
    """Say what it means to go from the network in OLD to that in NEW (exit 1 where anything moves).

    Who gains and loses which ZIP codes and callers, who is called first instead, which settings changed,
    and what calls would have brought: those of a database, or generated ones.
    """
    before, after = _published(old), _published(new)
    old_side, new_side = side_of(before), side_of(after)
    settings = settings_moved(old_side, new_side)
    reach = list(reach_moved(old_side, new_side))
    money = list(_money(before, new_side, db, last, generate or (0 if db else 1000), seed))
    moves = bool(settings or reach)
    if as_json:
        print_json(_document(old_side, new_side, settings, reach, money))
    else:
        _tell(settings, reach, money)
    raise SystemExit(1 if moves else 0)


def _published(folder: Path) -> Published:
    published = load(network_folder(folder))
    if published.revision is None:
        print_mistakes(folder, published.mistakes, err=True)
        stop(f"{folder} cannot be compared: the network has errors")
    return published


def _money(
    before: Published, after: Side, db: str | None, last: int, generate: int, seed: int
) -> Iterator[tuple[str, MoneyMoved]]:
    if db is not None:
        yield "stored calls", money_moved(_stored(db, last), after)
    if generate:
        own = side_of(before).revision
        calls = ((events, own) for events in generated_calls(before, generate, seed))
        yield "generated calls", money_moved(calls, after)


def _stored(db: str, last: int) -> Journals:
    """The newest finished calls with the revisions that they ran by."""

    async def read(store: Store) -> list[tuple[Sequence[Event], Revision]]:
        found: list[tuple[Sequence[Event], Revision]] = []
        revisions: dict[str, Revision | None] = {}
        for summary in await store.calls(last):
            record = summary.record
            if record.ended_at is None:
                continue
            if record.revision not in revisions:
                revisions[record.revision] = await kept_revision(store, record.revision)
            if (own := revisions[record.revision]) is not None:
                found.append(([entry.event for entry in await store.journal(record.call)], own))
        return found

    return with_store(db, read)


def _tell(
    settings: Sequence[str], reach: Sequence[tuple[str, str]], money: Sequence[tuple[str, MoneyMoved]]
) -> None:
    if not settings and not reach:
        click.echo("nothing moves: the same parties, terms and callers")
    campaigns = {campaign for campaign, _ in reach}
    for campaign, sentence in reach:
        click.echo(f"{campaign}: {sentence}" if len(campaigns) > 1 else sentence)
    for sentence in settings:
        click.echo(sentence)
    for what, moved in money:
        for sentence in moved.sentences(what):
            click.echo(sentence)


def _document(
    old: Side,
    new: Side,
    settings: Sequence[str],
    reach: Sequence[tuple[str, str]],
    money: Sequence[tuple[str, MoneyMoved]],
) -> JsonObject:
    return {
        "old": old.revision.id,
        "new": new.revision.id,
        "settings": list(settings),
        "reach": [{"campaign": campaign, "sentence": sentence} for campaign, sentence in reach],
        "calls": [
            {
                "what": what,
                "calls": moved.calls,
                "moved": [
                    {"from": was, "to": now, "calls": count}
                    for (was, now), count in moved.moved.most_common()
                ],
                "revenue_micros": {
                    "was": moved.was.revenue_micros,
                    "would_be": moved.would_be.revenue_micros,
                },
                "payout_micros": {"was": moved.was.payout_micros, "would_be": moved.would_be.payout_micros},
                "unknowable": moved.unknowable,
            }
            for what, moved in money
        ],
    }
