"""cordboard evidence: the signed proof of one call, whole or as one party may see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from engine.cli.options import db_option, named_call, now_ms, recordings_option, stop, with_store
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.signing import KEY_FILE, SETTING, EvidenceError, SigningKey, signing_key
from engine.evidence.vcon import signed_evidence
from engine.store.private_files import written_privately
from engine.store.store import Store
from engine.store.tables.recordings import recordings_folder


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
    help="Hide what PARTY may not see: buyer:NAME or publisher:NAME.",
)
@click.option(
    "--key", "setting", envvar=SETTING, help="The signing key's PEM file. Default: next to the database."
)
@click.option(
    "--with-recordings", is_flag=True, help="Include the recordings themselves, not just their digests."
)
@recordings_option
@db_option
def evidence(
    *,
    call: str,
    out: Path,
    audience: str,
    setting: str | None,
    with_recordings: bool,
    folder: Path | None,
    db: str,
) -> None:
    """Write the signed proof of CALL to FILE: a vCon that `cordboard verify` checks without the database.

    It contains the answers, decisions, terms, verdict, ledger, journal and revision.
    The signing key is made on first use; `cordboard key` prints its public part.
    """

    async def read(store: Store) -> tuple[Dossier, SigningKey]:
        dossier = dossier_of(await collect(store, await named_call(store, call)))
        return dossier, signing_key(key_file(store), setting)

    try:
        dossier, key = with_store(db, read)
        recorded = _recorded(dossier, recordings_folder(db, folder)) if with_recordings else {}
        document = signed_evidence(
            dossier, key, _checked(audience, dossier), made_at=now_ms(), recorded=recorded
        )
        with written_privately(out) as file:
            file.write(json.dumps(document))
    except (EvidenceError, OSError) as error:
        stop(str(error))
    name, shown, parts = dossier.material.record.call, len(dossier.visible(audience)), len(dossier.bodies)
    left_out = f", {parts - shown} left out for {audience}" if shown < parts else ""
    click.echo(f"{out}: call {name}, {shown} parts{left_out}, signed by {key.thumbprint}")


@click.command()
@click.option(
    "--key", "setting", envvar=SETTING, help="The signing key's PEM file. Default: next to the database."
)
@db_option
def key(setting: str | None, db: str) -> None:
    """Print the network's public key as a JWK, for anyone who verifies its evidence."""

    async def read(store: Store) -> SigningKey:
        return signing_key(key_file(store), setting)

    try:
        found = with_store(db, read)
    except EvidenceError as error:
        stop(str(error))
    click.echo(json.dumps(found.public, indent=2))


def key_file(store: Store) -> Path:
    """Where the signing key of a database lies."""
    return store.beside(KEY_FILE)


def _checked(audience: str, dossier: Dossier) -> str:
    """The audience; raises EvidenceError, naming those that the call has, for another."""
    if audience not in dossier.parties:
        known = ", ".join(dossier.parties[1:])
        raise EvidenceError(f"--for {audience}: no such party in this call; expected one of {known}")
    return audience


def _recorded(dossier: Dossier, folder: Path) -> Mapping[str, bytes]:
    """The files of the call's recordings that are complete and were not deleted."""
    return {
        str(one["recording"]): (folder / str(one["path"])).read_bytes()
        for one in dossier.material.recordings
        if one["sha256"] and not one["pruned_at"]
    }
