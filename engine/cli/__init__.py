"""The command: `cordboard`. One subcommand a file, listed here; a file is read when its command is called."""

from __future__ import annotations

import click

from engine.cli.lazily import CommandAt, LazyGroup

COMMANDS = (
    CommandAt("bench", "engine.cli.bench", "bench", "Run a benchmark, each figure beside its baseline."),
    CommandAt("buyers", "engine.cli.buyers", "buyers", "List each buyer's calls and what was billed."),
    CommandAt("calls", "engine.cli.calls", "calls", "List calls, newest first."),
    CommandAt("check", "engine.cli.check", "check", "Name every mistake in DIR as file:line:column."),
    CommandAt("correct", "engine.cli.correct", "correct", "Correct CALL's bill."),
    CommandAt("dial", "engine.cli.dial", "dial", "Call the network in DIR over real loopback sockets."),
    CommandAt("diff", "engine.cli.diff", "diff", "Compare two networks: what changes for whom."),
    CommandAt("dispute", "engine.cli.dispute", "dispute", "Open, list and decide disputes of bills."),
    CommandAt("evidence", "engine.cli.evidence", "evidence", "Write the signed proof of CALL to FILE."),
    CommandAt("export", "engine.cli.export", "export", "Write calls, answers or entries as CSV or JSON."),
    CommandAt("key", "engine.cli.evidence", "key", "Print the public part of the network's signing key."),
    CommandAt("ledger", "engine.cli.ledger", "ledger", "Check the ledger's chains and print their hashes."),
    CommandAt("outbox", "engine.cli.outbox", "outbox", "List letters to webhooks that were not delivered."),
    CommandAt("pause", "engine.cli.pause", "pause", "Give BUYER no calls from now on."),
    CommandAt(
        "recordings", "engine.cli.recordings", "recordings", "List recordings, delete those past their time."
    ),
    CommandAt("replay", "engine.cli.replay", "replay", "Feed CALL's journal to its revision again."),
    CommandAt("report", "engine.cli.report", "report_command", "Count calls, money, talk time and reasons."),
    CommandAt("resume", "engine.cli.pause", "resume", "Give BUYER calls again."),
    CommandAt("serve", "engine.cli.serve", "serve", "Take calls for the network in DIR."),
    CommandAt("show", "engine.cli.show", "show", "Show CALL: path, answers, decisions, verdicts, ledger."),
    CommandAt("sim", "engine.cli.sim", "sim", "Call the network in DIR from the terminal."),
    CommandAt("terms", "engine.cli.terms", "terms", "Print what CAMPAIGN offers its publishers."),
    CommandAt("test", "engine.cli.test", "test", "Run the stories of the network in DIR."),
    CommandAt("verify", "engine.cli.verify", "verify", "Check the evidence in FILE, offline."),
)


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="cordboard", prog_name="cordboard")
def main() -> None:
    """Answer calls, pre-qualify callers, choose a buyer, prove what was billable.

    Exit codes: 0 done, 1 the answer is no, 2 wrong usage or unreadable input.
    """
