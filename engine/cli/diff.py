"""cordboard diff: what a change of a network means, not what text moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from engine.accounts.revisions import revision_if_readable
from engine.cli.check import print_mistakes
from engine.cli.options import json_option, network_folder, print_json, stop, with_store
from engine.cli.revision_folder import folder_of
from engine.core.events import Event
from engine.core.flow import Revision
from engine.core.json_values import JsonObject
from engine.language.revisions import Published, load
from engine.rehearsal.comparison.comparing import are_flows_moved, reach_moved, settings_moved, side_of
from engine.rehearsal.comparison.generated import generated_money
from engine.rehearsal.comparison.money_moved import MoneyMoved, money_moved
from engine.rehearsal.comparison.unseen import NONE_PASSED_OVER, PassedOver, unseen_sentences
from engine.store.store import Store

GENERATED = 1000

Journals = Sequence[tuple[Sequence[Event], Revision]]
Money = Sequence[tuple[str, MoneyMoved]]


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--db",
    envvar="CORDBOARD_DB",
    metavar="URL",
    help="Also replay the change over the calls in this database.",
)
@click.option(
    "--last",
    default=1000,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many stored calls to use, newest first.",
)
@click.option(
    "--generate",
    metavar="N",
    type=click.IntRange(0, 100_000),
    help="Try the change on N generated calls. Default: 1000 without --db, or if flows differ.",
)
@click.option("--seed", default=7, show_default=True, help="Seed for the generated calls.")
@json_option
def diff(
    old: str, new: str, db: str | None, last: int, generate: int | None, seed: int, as_json: bool
) -> None:
    """Show what changes between the networks OLD and NEW (exit 1 if anything changes).

    Each is a folder, a git revision of the other's folder (of this one where both are: HEAD~1 HEAD), or
    REVISION:FOLDER. Shows who gains or loses ZIP codes and callers, who is called first instead,
    which settings, questions and prompts changed, and what calls would have earned: stored calls of a
    database, or generated ones. What neither can show is listed at the end.
    """
    with ExitStack() as stack:
        beside = next((Path(named) for named in (new, old) if Path(named).is_dir()), Path())
        before = _published(stack.enter_context(folder_of(old, beside)), old)
        after = _published(stack.enter_context(folder_of(new, beside)), new)
        old_side, new_side = side_of(before), side_of(after)
        settings = settings_moved(old_side, new_side)
        reach = _by_sentence(reach_moved(old_side, new_side))
        journals, passed_over = _stored(db, last) if db else ([], NONE_PASSED_OVER)
        # Stored calls don't show what a flow does otherwise.
        is_tried = not db or are_flows_moved(old_side, new_side)
        count = GENERATED * is_tried if generate is None else generate
        money = list(_money(before, after, journals if db else None, count, seed))
        unseen = unseen_sentences(
            old_side, new_side, stored=bool(db), generated=bool(count), passed_over=passed_over
        )
    if as_json:
        print_json(_document(before, after, settings, reach, money, unseen))
    else:
        _tell(settings, reach, money, unseen, is_told_whose=len(new_side.network.campaigns) > 1)
    raise SystemExit(1 if settings or reach or any(moved.is_moved for _, moved in money) else 0)


def _published(folder: Path, named: str) -> Published:
    published = load(network_folder(folder))
    if published.revision is None:
        print_mistakes(Path(named), published.mistakes, err=True)
        stop(f"can't compare {named}: the network has errors")
    return published


def _by_sentence(reach: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """Each sentence once, with the campaigns of which it is true."""
    campaigns: dict[str, list[str]] = {}
    for campaign, sentence in reach:
        campaigns.setdefault(sentence, []).append(campaign)
    return campaigns


def _money(
    before: Published, after: Published, journals: Journals | None, generate: int, seed: int
) -> Iterator[tuple[str, MoneyMoved]]:
    """With what the calls are called: the stored ones apart by the currency that they were sold in."""
    if journals is not None and after.revision is not None:
        moved = money_moved(journals, after.revision)
        for one in moved:
            yield "stored calls" + (f" in {one.currencies[0]}" if len(moved) > 1 else ""), one
    if generate:
        yield "generated calls", generated_money(before, after, generate, seed)


def _stored(db: str, last: int) -> tuple[Journals, PassedOver]:
    """The newest finished calls, the earliest first, with the revisions that they ran by; who is left out."""

    async def read(store: Store) -> tuple[Journals, PassedOver]:
        found: list[tuple[Sequence[Event], Revision]] = []
        erased = unreadable = 0
        revisions: dict[str, Revision | None] = {}
        for summary in reversed(await store.calls(last)):
            record = summary.record
            if record.ended_at is None:
                continue
            if record.revision not in revisions:
                revisions[record.revision] = await revision_if_readable(store, record.revision)
            own, view = revisions[record.revision], await store.call(record.call)
            if view is None or view.erasures:
                erased += 1
            elif own is None:
                unreadable += 1
            else:
                found.append(([entry.event for entry in await store.journal(record.call)], own))
        return found, PassedOver(erased, unreadable)

    return with_store(db, read)


def _tell(
    settings: Sequence[str],
    reach: Mapping[str, Sequence[str]],
    money: Money,
    unseen: Sequence[str],
    *,
    is_told_whose: bool,
) -> None:
    if not settings and not reach:
        click.echo("no differences in what is written: the same parties, terms, callers and questions")
    for sentence, campaigns in reach.items():
        click.echo(f"{', '.join(campaigns)}: {sentence}" if is_told_whose else sentence)
    for sentence in settings:
        click.echo(sentence)
    for what, moved in money:
        is_stored = what.startswith("stored ")
        calls = f"{moved.calls:,} {what.removeprefix('stored ')}"
        calls = f"the last {calls}" if is_stored else calls
        for sentence in moved.sentences(calls):
            click.echo(sentence)
    click.echo("not seen here:")
    for sentence in unseen:
        click.echo(f"  {sentence}")


def _document(
    before: Published,
    after: Published,
    settings: Sequence[str],
    reach: Mapping[str, Sequence[str]],
    money: Money,
    unseen: Sequence[str],
) -> JsonObject:
    return {
        "old": before.revision.id if before.revision else None,
        "new": after.revision.id if after.revision else None,
        "settings": list(settings),
        "reach": [
            {"campaign": campaign, "sentence": sentence}
            for sentence, campaigns in reach.items()
            for campaign in campaigns
        ],
        "calls": [_money_document(what, moved) for what, moved in money],
        "unseen": list(unseen),
    }


def _money_document(what: str, moved: MoneyMoved) -> JsonObject:
    was, would_be = moved.was, moved.would_be
    return {
        "what": what,
        "calls": moved.calls,
        "currency": {"was": moved.currencies[0], "would_be": moved.currencies[1]},
        "moved": [
            {"from": from_, "to": to, "calls": count} for (from_, to), count in moved.moved.most_common()
        ],
        "revenue_micros": {"was": was.revenue_micros, "would_be": would_be.revenue_micros},
        "payout_micros": {"was": was.payout_micros, "would_be": would_be.payout_micros},
        "margin_micros": {"was": was.margin_micros, "would_be": would_be.margin_micros},
        "buyers": [
            {
                "buyer": buyer,
                "calls": {"was": was.calls[buyer], "would_be": would_be.calls[buyer]},
                "revenue_micros": {"was": was.owed[buyer], "would_be": would_be.owed[buyer]},
            }
            for buyer in sorted({*was.calls, *was.owed, *would_be.calls, *would_be.owed})
        ],
        "found_buyers": dict(moved.found_buyers),
        "found_micros_at_most": moved.found_micros,
        "unasked": dict(moved.unasked),
        "unknowable": moved.unknowable,
    }
