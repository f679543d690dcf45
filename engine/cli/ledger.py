"""cordboard ledger: the chains of hashes that keep every party's entries as they were posted."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from engine.accounts.ledger_shown import ChainShown
from engine.cli.options import db_option, json_option, print_json, stop, with_store
from engine.store.ledger.chain import ChainCheck
from engine.store.store import Store
from engine.wording.ledger import chain_sentence

_party_option = click.option("--party", metavar="NAME", help="Only this buyer's or publisher's entries.")


@click.group()
def ledger() -> None:
    """Check the ledger's chains; print the hash that a party may note down."""


@ledger.command()
@_party_option
@click.option(
    "--head",
    default="",
    metavar="[ENTRIES:]HASH",
    help="The party's last hash as it was noted earlier; with how many entries it had then, "
    "the one that was rewritten is named.",
)
@db_option
@json_option
def verify(party: str | None, head: str, db: str, as_json: bool) -> None:
    """Follow every chain from its first entry; exit 1 and the entry where one breaks."""
    if head and not party:
        stop("--head is one party's: name it by --party")
    checks = _checks(db, party, head)
    broken = [check for check in checks if not check.holds]
    if as_json:
        print_json([ChainShown.of(check) for check in checks])
    else:
        for check in checks:
            verdict = chain_sentence(check.code, check.details) or f"holds, head {check.head}"
            click.echo(f"{check.party}: {_entries(check.entries)}, {verdict}")
        if not checks:
            click.echo("the ledger is empty", err=True)
    sys.exit(1 if broken else 0)


@ledger.command()
@_party_option
@db_option
@json_option
def heads(party: str | None, db: str, as_json: bool) -> None:
    """Print each party's last hash: who notes it can prove later that nothing before it was changed."""
    checks = _checks(db, party, "")
    if as_json:
        print_json([ChainShown.of(check) for check in checks])
    for check in checks if not as_json else ():
        click.echo(f"{check.party}  {check.entries}  {check.head}")


def _checks(db: str, party: str | None, pinned: str) -> Sequence[ChainCheck]:
    async def verify_ledger(store: Store) -> Sequence[ChainCheck]:
        return await store.verify_ledger(party, pinned)

    checks = with_store(db, verify_ledger)
    if party is not None and not checks:
        stop(f"the ledger has no entry of '{party}'; `cordboard ledger heads` lists its parties")
    return checks


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
