"""cordboard evidence: the signed proof of one call, whole or as one party may see it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.cli.options import db_option, named_call, now_ms, stop, with_store
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.signing import SETTING, EvidenceError, SigningKey, signing_key
from engine.evidence.vcon import signed_evidence
from engine.store.store import Store


@click.command()
@click.argument("call")
@click.option(
    "--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="The file to write."
)
@click.option(
    "--for",
    "audience",
    default=NETWORK,
    metavar="PARTY",
    show_default=True,
    help="Leave out what PARTY may not see: buyer:NAME or publisher:NAME.",
)
@click.option(
    "--key", "setting", envvar=SETTING, help="The signing key's PEM file; default: beside the database."
)
@db_option
def evidence(call: str, out: Path, audience: str, setting: str | None, db: str) -> None:
    """Write the signed proof of CALL to FILE: a vCon that `cordboard verify` checks without the database.

    It holds the answers, the decision, the terms in force, the verdict, the ledger, the journal and the
    revision. The signing key is made on first use; `cordboard key` prints its public part.
    """

    async def read(store: Store) -> tuple[Dossier, SigningKey]:
        dossier = dossier_of(await collect(store, await named_call(store, call)))
        return dossier, signing_key(key_file(store), setting)

    try:
        dossier, key = with_store(db, read)
        document = signed_evidence(dossier, key, _known(audience, dossier), made_at=now_ms())
        out.write_text(json.dumps(document), "utf-8")
    except (EvidenceError, OSError) as error:
        stop(str(error))
    name, shown, parts = dossier.material.record.call, len(dossier.visible(audience)), len(dossier.bodies)
    left_out = f", {parts - shown} left out for {audience}" if shown < parts else ""
    click.echo(f"{out}: call {name}, {shown} parts{left_out}, signed by {key.thumbprint}")


@click.command()
@click.option(
    "--key", "setting", envvar=SETTING, help="The signing key's PEM file; default: beside the database."
)
@db_option
def key(setting: str | None, db: str) -> None:
    """Print the public part of the network's signing key as a JWK, for those who verify its evidence."""

    async def read(store: Store) -> SigningKey:
        return signing_key(key_file(store), setting)

    try:
        found = with_store(db, read)
    except EvidenceError as error:
        stop(str(error))
    click.echo(json.dumps({**found.public, "kid": found.thumbprint}, indent=2))


def key_file(store: Store) -> Path:
    """Where the signing key of a database lies."""
    return store.beside("signing-key.pem")


def _known(audience: str, dossier: Dossier) -> str:
    """The audience, or an end that names those that the call has."""
    parties = sorted(
        {who for some in dossier.audiences.values() for who in some if ":" in who and who[-1] != ":"}
    )
    if audience != NETWORK and audience not in parties:
        raise EvidenceError(
            f"--for {audience}: no such party in this call; expected one of {', '.join(parties)}"
        )
    return audience
