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

from engine.cli.options import json_option, print_json
from engine.cli.progress import status_line
from engine.core.journal import JsonObject

BENCHMARKS: Mapping[str, str] = {
    "media": "CPU of a call in a prompt and of a relay, beside a bare websockets loop",
    "core": "whole calls through the machine, and choosing among many buyers",
}


@click.command()
@click.argument("name", type=click.Choice(list(BENCHMARKS)))
@json_option
def bench(name: str, as_json: bool) -> None:
    """Run benchmark NAME: media, core. Each figure stands beside a baseline of the same run."""
    with status_line(f"measuring {name}") as on_progress:
        document: JsonObject = asyncio.run(_module(name).run(on_progress=on_progress))
    if as_json:
        print_json(document)
        return
    for figure in cast("list[JsonObject]", document["figures"]):
        click.echo(f"{figure['what']}: {_number(figure['ours'])} {figure['unit']}")
        if figure["baseline"] is not None:
            click.echo(
                f"    beside {_number(figure['baseline'])} for {figure['baseline_is']}: "
                f"ratio {_number(figure['ratio'])}"
            )


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
