"""The command: `cordboard`. One subcommand a file, listed here."""

from __future__ import annotations

import click

from engine.cli.bench import bench
from engine.cli.buyers import buyers
from engine.cli.calls import calls
from engine.cli.check import check
from engine.cli.correct import correct
from engine.cli.dial import dial
from engine.cli.diff import diff
from engine.cli.dispute import dispute
from engine.cli.evidence import evidence, key
from engine.cli.export import export
from engine.cli.ledger import ledger
from engine.cli.outbox import outbox
from engine.cli.pause import pause, resume
from engine.cli.recordings import recordings
from engine.cli.replay import replay
from engine.cli.report import report_command
from engine.cli.serve import serve
from engine.cli.show import show
from engine.cli.sim import sim
from engine.cli.terms import terms
from engine.cli.test import test
from engine.cli.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cordboard", prog_name="cordboard")
def main() -> None:
    """Answer calls, pre-qualify callers, choose a buyer, prove what was billable.

    Exit codes: 0 done, 1 the answer is no, 2 wrong usage or unreadable input.
    """


for command in (
    check,
    test,
    sim,
    serve,
    dial,
    calls,
    buyers,
    show,
    recordings,
    replay,
    bench,
    evidence,
    verify,
    key,
    pause,
    resume,
    correct,
    ledger,
    dispute,
    outbox,
    report_command,
    export,
    diff,
    terms,
):
    main.add_command(command)
