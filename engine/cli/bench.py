"""cordboard bench: what is measured, each beside its baseline in the same run."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import cast

import click

from engine.cli.options import json_option, print_json, stop
from engine.cli.progress import status_line
from engine.core.json_values import JsonObject

BENCHMARKS: Mapping[str, str] = {
    "media": "CPU of a call in a prompt, relayed and joined by its carrier, against a bare websockets loop",
    "start": "startup time of a command, and checking a flow of 5,000 nodes",
    "core": "whole calls through the machine, and choosing among many buyers",
    "exchange": "decisions among up to 10,000 buyers, and reservations on SQLite",
    "strangers": "good calls while strangers attack the ports, against the same calls left alone",
    "bids": "a decision among eight HTTP bidders, against its deadline alone",
    "speech": "CPU of listening against a stock pipecat pipeline, and the delay after speech ends",
    "understand": "accuracy of the recogniser on a folder of labelled WAVs",
}


@click.command()
@click.argument("name", type=click.Choice(list(BENCHMARKS)))
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--snr", "snr_db", type=float, help="understand: add noise this many dB below the speech.")
@click.option("--seed", type=int, default=0, show_default=True, help="understand: seed for the noise.")
@click.option("--all", "is_all", is_flag=True, help="understand: all sentences, not a sample of 60.")
@json_option
def bench(
    name: str, folder: Path | None, snr_db: float | None, seed: int, is_all: bool, as_json: bool
) -> None:
    """Run benchmark NAME: start, media, core, exchange, bids, strangers, speech [FOLDER],
    understand [FOLDER].

    Each figure is compared with a baseline from the same run. FOLDER contains manifest.json, a list of
    {"wav", "kind", "options"?, "expected", "group"}. With it, speech measures how soon its speakers are
    answered, and how often too soon. Without it, understand lets synthetic callers choose in their own words:
    a sample of them, which takes a few minutes, or --all.
    """
    if folder is not None and name not in ("understand", "speech"):
        stop(f"only understand and speech take a FOLDER; {name} doesn't")
    if snr_db is not None and name != "understand":
        stop(f"--snr only works with understand; {name} doesn't take it")
    if is_all and (name != "understand" or folder is not None):
        stop("--all only works with understand, and without a FOLDER, all of which is heard")
    with status_line(f"measuring {name}") as on_progress:
        module = _module(name)
        given: dict[str, object] = {} if folder is None else {"folder": folder}
        if snr_db is not None:
            given["noise"] = module.Noise(snr_db, seed)
        if is_all:
            given["most"] = None
        document: JsonObject = asyncio.run(module.run(on_progress=on_progress, **given))
    if as_json:
        print_json(document)
    elif name == "understand":
        _tell_groups(document)
    else:
        _tell_figures(document)


def _tell_figures(document: JsonObject) -> None:
    for figure in cast("list[JsonObject]", document["figures"]):
        click.echo(f"{figure['what']}: {_number(figure['ours'])} {figure['unit']}")
        if figure["baseline"] is not None:
            click.echo(
                f"    beside {_number(figure['baseline'])} for {figure['baseline_is']}: "
                f"ratio {_number(figure['ratio'])}"
            )


def _tell_groups(document: JsonObject) -> None:
    for group, counts in cast("Mapping[str, JsonObject]", document["groups"]).items():
        told = ", ".join(f"{what} {_number(count)}" for what, count in counts.items())
        click.echo(f"{group}: {told}")


def _module(name: str) -> ModuleType:
    """From the wheel (engine.benchmarks), or from the checkout beside it."""
    try:
        return importlib.import_module(f"engine.benchmarks.{name}")
    except ModuleNotFoundError:
        checkout = Path(__file__).resolve().parents[2]
        sys.path.insert(0, str(checkout))
        return importlib.import_module(f"benchmarks.{name}")


def _number(value: object) -> str:
    return f"{value:,.3g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"
