"""cordboard outbox: what webhooks are still to be told, and what was given up."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

from engine.accounts.outbox_shown import LetterShown, OutboxShown
from engine.cli.options import db_option, json_option, print_json, stop, with_store
from engine.core.printable import printable
from engine.store.outbox.letters import Letter, State
from engine.store.store import Store


@click.group(invoke_without_command=True)
@click.option("--dead", is_flag=True, help="Only dead letters, which are no longer retried.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@db_option
@json_option
@click.pass_context
def outbox(context: click.Context, dead: bool, limit: int, db: str, as_json: bool) -> None:
    """List undelivered webhook messages, newest first. Retry or drop the dead ones."""
    if context.invoked_subcommand is not None:
        return

    async def read(store: Store) -> tuple[Mapping[State, int], Sequence[Letter]]:
        states = store.outbox.letters(["dead"] if dead else ["waiting", "dead"], limit)
        return await store.outbox.counts(), await states

    counts, letters = with_store(db, read)
    shown = OutboxShown.of(counts, letters)
    if as_json:
        print_json(shown)
        return
    for letter in shown.letters:
        click.echo(printable(_line(letter)))
    click.echo(", ".join(f"{number} {state}" for state, number in counts.items()), err=True)


@outbox.command()
@click.argument("entries", metavar="[ID]...", type=int, nargs=-1)
@click.option("--all-dead", is_flag=True, help="All dead letters.")
@db_option
def retry(entries: tuple[int, ...], all_dead: bool, db: str) -> None:
    """Send dead letters again, with a fresh set of attempts. Exits with 1 if none of them is dead."""
    named = _named(entries, all_dead)
    _end(with_store(db, lambda store: store.outbox.retry(named)), "sent again")


@outbox.command()
@click.argument("entries", metavar="[ID]...", type=int, nargs=-1)
@click.option("--all-dead", is_flag=True, help="All dead letters.")
@db_option
def drop(entries: tuple[int, ...], all_dead: bool, db: str) -> None:
    """Delete dead letters for good. Exits with 1 if none of them is dead."""
    named = _named(entries, all_dead)
    _end(with_store(db, lambda store: store.outbox.drop(named)), "dropped")


def _named(entries: tuple[int, ...], all_dead: bool) -> tuple[int, ...] | None:
    """The letters that were named; None for all dead ones."""
    if bool(entries) == all_dead:
        stop("give letter IDs, or --all-dead; `cordboard outbox --dead` lists them")
    return None if all_dead else entries


def _end(number: int, done: str) -> None:
    click.echo(f"{number} {'letter is' if number == 1 else 'letters are'} {done}")
    sys.exit(0 if number else 1)


def _line(letter: LetterShown) -> str:
    when = letter.due_at or letter.settled_at or ""
    head = f"{letter.id:>6}  {letter.state:<9} {letter.webhook:<12} {letter.event:<10}"
    tries = f"{letter.attempts} tries"
    return f"{head} {letter.call}  {tries:<9} {when[:19]}  {letter.detail}"
