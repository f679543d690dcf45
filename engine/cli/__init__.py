"""The command: `cordboard`. One subcommand a file, listed here; a file is read when its command is called."""

from __future__ import annotations

import click

from engine.cli.lazily import CommandAt, LazyGroup

COMMANDS = (
    CommandAt(
        "bench", "engine.cli.bench", "bench", "Run a benchmark and compare each figure with its baseline."
    ),
    CommandAt("buyers", "engine.cli.buyers", "buyers", "List calls and billing per buyer."),
    CommandAt("callbacks", "engine.cli.callbacks", "callbacks", "List callers who want to be called back."),
    CommandAt("calls", "engine.cli.calls", "calls", "List calls, newest first."),
    CommandAt("check", "engine.cli.check", "check", "Check the network in DIR and list its mistakes."),
    CommandAt("correct", "engine.cli.correct", "correct", "Correct CALL's bill."),
    CommandAt("dial", "engine.cli.dial", "dial", "Place a call to the network in DIR over loopback sockets."),
    CommandAt("diff", "engine.cli.diff", "diff", "Compare two networks and show who is affected."),
    CommandAt("dispute", "engine.cli.dispute", "dispute", "Open, list and decide billing disputes."),
    CommandAt("evidence", "engine.cli.evidence", "evidence", "Write the signed proof of CALL to FILE."),
    CommandAt(
        "export", "engine.cli.export", "export", "Export calls, answers or ledger entries as CSV or JSON."
    ),
    CommandAt("forget", "engine.cli.forget", "forget", "Erase a caller: number, answers, words, recordings."),
    CommandAt("hear", "engine.cli.hear", "hear", "Show what choices make of a TEXT or WAV, and why."),
    CommandAt("key", "engine.cli.evidence", "key", "Print the public part of the network's signing key."),
    CommandAt("ledger", "engine.cli.ledger", "ledger", "Check the ledger's chains and print their hashes."),
    CommandAt("optouts", "engine.cli.optouts", "optouts", "List callers who asked not to be called again."),
    CommandAt("outbox", "engine.cli.outbox", "outbox", "List undelivered webhook messages."),
    CommandAt("pause", "engine.cli.pause", "pause", "Stop sending calls to BUYER."),
    CommandAt(
        "recordings",
        "engine.cli.recordings",
        "recordings",
        "Delete recordings that are past their retention.",
    ),
    CommandAt("replay", "engine.cli.replay", "replay", "Replay CALL from its journal."),
    CommandAt("report", "engine.cli.report", "report_command", "Report calls, money, talk time and reasons."),
    CommandAt("phone", "engine.cli.phone", "phone", "Call the network in DIR by a page in your browser."),
    CommandAt("resume", "engine.cli.pause", "resume", "Send calls to BUYER again."),
    CommandAt("serve", "engine.cli.serve", "serve", "Answer calls for the network in DIR."),
    CommandAt("show", "engine.cli.show", "show", "Show CALL: path, answers, decisions, verdicts, ledger."),
    CommandAt("sim", "engine.cli.sim", "sim", "Simulate a call to the network in DIR in the terminal."),
    CommandAt("terms", "engine.cli.terms", "terms", "Print CAMPAIGN's terms for publishers and buyers."),
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
    """Answer calls, qualify callers, choose a buyer and prove what was billable.

    Exit codes: 0 success, 1 a check failed, 2 wrong usage or unreadable input.
    """
