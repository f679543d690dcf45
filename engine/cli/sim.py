"""cordboard sim: a call in the terminal."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from engine.cli.check import print_mistakes
from engine.cli.options import folder_argument, network_folder, now_ms, stop
from engine.core.phone_numbers import NotANumber, caller_number
from engine.language.revisions import load
from engine.rehearsal.simulation import CALLER_HELP, number_of_flow, simulate

_TIME = "2026-11-23T09:00:00-06:00"


def _instant_ms(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    """Milliseconds since 1970 of a time with its zone."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"found '{value}'; expected a time such as {_TIME}") from error
    if read.tzinfo is None:
        raise click.BadParameter(
            f"'{value}' has no time zone; expected a time such as {_TIME}, or with Z for UTC"
        )
    return round(read.timestamp() * 1000)


@click.command()
@folder_argument
@click.option("--flow", metavar="NAME", help="Call a number of this flow. Default: the first number.")
@click.option("--to", metavar="NUMBER", help="The number to call, if several belong to the flow.")
@click.option(
    "--at", metavar="TIME", callback=_instant_ms, help=f"The time of the call, such as {_TIME}. Default: now."
)
@click.option("--from", "caller", default="+15125550123", show_default=True, help="The caller's number.")
def sim(folder: Path, flow: str | None, to: str | None, at: int | None, caller: str) -> None:
    """Simulate a call to the network in DIR. You type the caller's keys and words, and what the
    buyers do; nothing waits in real time.

    Also reads lines from a pipe.
    """
    published = load(network_folder(folder))
    if published.network is None:
        print_mistakes(folder, published.mistakes, err=True)
        stop("no calls are possible: the network has errors", 1)
    number = to or number_of_flow(published.network, flow)
    if to is not None and to not in published.network.numbers:
        stop(f"--to {to}: not a number of this network; available: {', '.join(published.network.numbers)}")
    if number is None:
        flows = ", ".join(sorted({campaign.flow for campaign in published.network.campaigns.values()}))
        stop(
            f"no number belongs to flow '{flow}'; available: {flows}" if flow else "the network has no number"
        )
    try:
        caller = caller_number(caller, number)
    except NotANumber as refused:
        stop(f"--from: {refused}")
    click.echo(f"calling {number} from {caller or 'a withheld number'}; type {CALLER_HELP}", err=True)
    started_at = now_ms() if at is None else at
    simulate(published, _read, click.echo, called_number=number, caller_number=caller, started_at=started_at)


def _read(prompt: str) -> str | None:
    """A line of input; None at its end."""
    if sys.stdin.isatty():
        click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
