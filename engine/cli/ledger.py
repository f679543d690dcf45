"""cordboard ledger: the chains of hashes that keep every party's entries as they were posted."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from engine.accounts.ledger_shown import ChainShown
from engine.cli.options import db_option, json_option, print_json, stop, with_store
from engine.core.printable import printable
from engine.store.ledger.chain import ChainCheck
from engine.store.store import Store
from engine.wording.ledger import chain_sentence

_party_option = click.option("--party", metavar="NAME", help="Only this buyer's or publisher's entries.")


@click.group()
def ledger() -> None:
    """Check the ledger's hash chains, and print the hashes that a party can note down."""


@ledger.command()
@_party_option
@click.option(
    "--head",
    default="",
    metavar="[ENTRIES:]HASH",
    help="A hash of the party noted earlier. With the number of entries it had then, "
    "the rewritten entry is named.",
)
@db_option
@json_option
def verify(party: str | None, head: str, db: str, as_json: bool) -> None:
    """Verify every chain from its first entry. If one is broken, print the entry and exit with 1."""
    if head and not party:
        stop("--head belongs to one party; add --party")
    checks = _checks(db, party, head)
    broken = [check for check in checks if not check.holds]
    if as_json:
        print_json([ChainShown.of(check) for check in checks])
    else:
        for check in checks:
            click.echo(printable(_told(check)))
        if not checks:
            click.echo("the ledger is empty", err=True)
    sys.exit(1 if broken else 0)


@ledger.command()
@_party_option
@db_option
@json_option
def heads(party: str | None, db: str, as_json: bool) -> None:
    """Print each party's latest hash. Note it to prove later that no earlier entry was changed.

    If a chain is broken, print where instead of its hash, and exit with 1.
    """
    checks = _checks(db, party, "")
    if as_json:
        print_json([ChainShown.of(check) for check in checks])
    for check in checks if not as_json else ():
        line = f"{check.party}  {check.entries}  {check.head}" if check.holds else _told(check)
        click.echo(printable(line), err=not check.holds)
    sys.exit(0 if all(check.holds for check in checks) else 1)


def _checks(db: str, party: str | None, pinned: str) -> Sequence[ChainCheck]:
    async def verify_ledger(store: Store) -> Sequence[ChainCheck]:
        return await store.verify_ledger(party, pinned)

    checks = with_store(db, verify_ledger)
    if party is not None and not checks:
        stop(f"the ledger has no entries of '{party}'; `cordboard ledger heads` lists its parties")
    return checks


def _told(check: ChainCheck) -> str:
    verdict = chain_sentence(check.code, check.details) or f"holds, head {check.head}"
    return f"{check.party or 'the whole ledger'}: {_entries(check.entries)}, {verdict}"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
