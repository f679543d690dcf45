"""cordboard recordings: delete the files whose time is over."""

from __future__ import annotations

from pathlib import Path

import click

from engine.accounts.recording_shown import RecordingGone
from engine.cli.options import db_option, json_option, now_ms, print_json, recordings_option, stop, with_store
from engine.core.printable import printable
from engine.runtime.recordings import prune as prune_files
from engine.store.store import Store
from engine.store.tables.recordings import recordings_folder


@click.group()
def recordings() -> None:
    """Manage recordings. `cordboard show CALL` lists the recordings of a call."""


@recordings.command()
@db_option
@recordings_option
@json_option
def prune(db: str, folder: Path | None, as_json: bool) -> None:
    """Delete recordings older than their network's `keep`. Their digests and dates stay in the database."""
    folder = recordings_folder(db, folder)

    async def work(store: Store) -> list[RecordingGone]:
        return [RecordingGone.of(one) for one in await prune_files(store, folder, now_ms())]

    try:
        gone = with_store(db, work)
    except OSError as error:
        stop(f"couldn't delete a file in {folder}: {error}; the other files are deleted and recorded")
    if as_json:
        print_json(gone)
        return
    for one in gone:
        click.echo(printable(f"{one.call}  {one.recording}  {one.path}"))
    click.echo(f"{len(gone)} recordings deleted", err=True)
