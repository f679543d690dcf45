"""cordboard forget: everything of a person is erased: their number, answers, words and recordings."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from engine.accounts.forgetting import Holdings, times_forgotten, trace
from engine.accounts.forgetting import forget as forget_person
from engine.accounts.forgotten_shown import ForgettingShown, ForgottenShown
from engine.cli.evidence import key_file
from engine.cli.options import (
    by_option,
    db_option,
    json_option,
    print_json,
    recordings_option,
    stop,
    with_store,
)
from engine.core.printable import printable
from engine.evidence.signing import SETTING, EvidenceError, signing_key
from engine.exchange.destinations import is_country
from engine.media.prompts import forget_spoken
from engine.runtime.settings import DEFAULT_CACHE
from engine.store.store import Store
from engine.store.tables.erasures import Forgetting
from engine.store.tables.recordings import recordings_folder


@click.command()
@click.argument("number")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
@click.option("--asked", is_flag=True, help="Say whether NUMBER was forgotten, and when. Erase nothing.")
@click.option("--yes", is_flag=True, help="Don't ask first.")
@click.option("--why", default="", metavar="TEXT", help="The reason, stored: without the number, please.")
@click.option(
    "--key", "setting", envvar=SETTING, help="The signing key's PEM file. Default: next to the database."
)
@click.option(
    "--country",
    default="",
    metavar="CC",
    help="Read a national number as in this country: GB. Default: yours.",
)
@recordings_option
@click.option(
    "--cache-dir",
    "cache",
    type=click.Path(path_type=Path),
    envvar="CORDBOARD_CACHE_DIR",
    default=DEFAULT_CACHE,
    show_default=True,
    help="The folder of rendered prompts: those that say callers' words are deleted.",
)
@by_option
@db_option
@json_option
def forget(
    *,
    number: str,
    dry_run: bool,
    asked: bool,
    yes: bool,
    why: str,
    setting: str | None,
    country: str,
    folder: Path | None,
    cache: Path,
    by: str,
    db: str,
    as_json: bool,
) -> None:
    """Erase whoever calls from NUMBER: number, answers, words and recordings of all their calls. For good.

    Bills, times and decisions stay, and evidence still verifies. A call in progress is erased when it ends.
    """
    country = country.upper()
    if country and not is_country(country):
        stop(f"--country: '{country}' isn't a country; expected two letters such as GB")
    recordings, folder_of_prompts = recordings_folder(db, folder), cache.expanduser()

    async def work(store: Store) -> ForgottenShown:
        traced = await trace(store, number, country)
        if dry_run:
            return ForgottenShown.of(traced)
        if not yes and traced.calls:
            _tell(ForgottenShown.of(traced))
            click.confirm("Erase all of this for good?", abort=True, err=True)
            traced = await trace(store, number, country)  # calls came in meanwhile
        key = signing_key(key_file(store), setting)
        spoken = partial(asyncio.to_thread, forget_spoken, folder_of_prompts)
        holdings = Holdings(recordings, key, spoken)
        made = await forget_person(store, traced, holdings, by, why)
        return ForgottenShown.of(traced, erased=made, swept=await store.shredder.sweep())

    async def look(store: Store) -> Sequence[Forgetting]:
        return await times_forgotten(store, number, signing_key(key_file(store), setting), country)

    try:
        if asked:
            _tell_when([ForgettingShown.of(each) for each in with_store(db, look)], as_json=as_json)
            return
        shown = with_store(db, work)
    except (EvidenceError, OSError) as error:
        stop(str(error))
    if as_json:
        print_json(shown)
    else:
        _tell(shown)
    if shown.failed:
        sys.exit(1)


def _tell_when(found: Sequence[ForgettingShown], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for each in found:
        why = f": {each.why}" if each.why else ""
        click.echo(printable(f"forgotten at {each.at} by {each.by}, in {_calls(each.calls)}{why}"))
    if not found:
        click.echo("nobody with this number was forgotten")


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"


def _tell(shown: ForgottenShown) -> None:
    click.echo(f"{_calls(shown.own)} from this number")
    if shown.given_in:
        click.echo(f"{_calls(shown.given_in)} from other numbers, in which it was given")
    if shown.going_on:
        click.echo(f"in progress, and erased when over: {_calls(shown.going_on)}")
    for entry in shown.ledger_entries:
        click.echo(f"ledger entry {entry} names the number in its reason; a hash covers it, so it stays")
    if shown.erased is None:
        return
    click.echo(f"{_calls(shown.erased)} erased")
    if shown.failed:
        click.echo(f"{_calls(shown.failed)} couldn't be erased: the engine tries again", err=True)
    if not shown.swept:
        click.echo(
            "a call goes on, or somebody reads the database, so its file may still hold what was erased; the "
            "engine clears it when it is idle, or repeat this command",
            err=True,
        )
