"""cordboard sim: a call in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.cli.check import print_mistakes
from engine.cli.options import folder_argument, network_folder, now_ms, stop
from engine.language.revisions import load
from engine.rehearsal.simulation import CALLER_HELP, number_of_flow, simulate


@click.command()
@folder_argument
@click.option("--flow", metavar="NAME", help="Call a number of this flow. Default the first number.")
@click.option("--from", "caller", default="+15125550123", show_default=True, help="The caller's number.")
def sim(folder: Path, flow: str | None, caller: str) -> None:
    """Call the network in DIR from the terminal: you key or say in words what the caller
    answers, and answer for the buyers; time jumps.

    Reads lines from a pipe as well.
    """
    published = load(network_folder(folder))
    if published.network is None:
        print_mistakes(folder, published.mistakes, err=True)
        stop("nobody can call: the network has errors", 1)
    number = number_of_flow(published.network, flow)
    if number is None:
        flows = ", ".join(sorted({campaign.flow for campaign in published.network.campaigns.values()}))
        stop(
            f"no number leads to a flow '{flow}'; there are {flows}" if flow else "the network has no number"
        )
    click.echo(f"calling {number} from {caller}; type {CALLER_HELP}", err=True)
    simulate(published, _read, click.echo, called_number=number, caller_number=caller, started_at=now_ms())


def _read(prompt: str) -> str | None:
    """A line of input; None at its end."""
    if sys.stdin.isatty():
        click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
