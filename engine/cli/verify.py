"""cordboard verify: does the proof hold? Offline, from the file alone."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from engine.accounts.answer_shown import AnswerShown
from engine.accounts.clause_shown import clauses_of
from engine.cli.options import given_recordings_option, json_option, print_json, stop
from engine.cli.telling import tell_answer, tell_clauses
from engine.core.facts import Candidate
from engine.core.json_values import Json
from engine.core.printable import printable
from engine.evidence.dossier import NETWORK
from engine.evidence.findings import Finding
from engine.evidence.shown import Placing, answers_of, candidates_of, payouts_of, revenues_of
from engine.evidence.signing import EvidenceError, public_key
from engine.evidence.vcon import MOST_BYTES, Evidence, read_evidence
from engine.evidence.verifying import verify as verified
from engine.language.folder import content_of
from engine.store.seal import SETTING as JOURNAL_KEY
from engine.store.seal import Seal
from engine.wording.sentences import candidate_sentence, verdict_sentence

MOST_S = 600.0  # the longest call with the largest network takes a few

_MARKS = {"holds": "✓", "fails": "✗", "not_checked": "·"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key", "key_path", metavar="FILE", type=click.Path(path_type=Path), help="The network's public key."
)
@click.option(
    "--recording",
    "recordings",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A recording to check against its digest. The file name without its suffix is the recording's name.",
)
@given_recordings_option
@click.option(
    "--journal-key", envvar=JOURNAL_KEY, help="Decrypt sealed answers, so that the call can be replayed."
)
@json_option
def verify(
    file: Path,
    key_path: Path | None,
    recordings: tuple[Path, ...],
    folder: Path | None,
    journal_key: str | None,
    as_json: bool,
) -> None:
    """Check the evidence in FILE offline: signature, digests and verdict (exit 1 if it fails)."""
    try:
        with _within_time():
            evidence = read_evidence(_text(file))
            published = public_key(_text(key_path)) if key_path else None
            report = verified(
                evidence,
                published,
                {**_found_in(folder, evidence), **{path.stem: path.read_bytes() for path in recordings}},
                Seal(Path(), journal_key) if journal_key else None,
            )
    except _TookTooLong:
        stop(f"{file} can't be checked within {MOST_S} s; no honest file takes so long", 1)
    except EvidenceError as error:
        if as_json:
            print_json({"holds": False, "call": None, "audience": None, "findings": [_unreadable(error)]})
        click.echo(printable(f"✗ {file}: {error}"), err=as_json)
        sys.exit(1)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}")
    if as_json:
        print_json(
            {
                "holds": report.holds,
                "call": _call_of(evidence),
                "audience": evidence.audience,
                "findings": [_finding(finding) for finding in report.findings],
            }
        )
    else:
        _tell(file, evidence, report.findings, report.holds)
    sys.exit(0 if report.holds else 1)


def _call_of(evidence: Evidence) -> str | None:
    call = evidence.bodies("call").get("", {})
    return str(call["call"]) if "call" in call else None


def _tell(file: Path, evidence: Evidence, findings: tuple[Finding, ...], holds: bool) -> None:
    for line in _readable(evidence):
        click.echo(_plain(line))
    click.echo("")
    for finding in findings:
        begins = "" if finding.is_named else f"{finding.what}: "
        click.echo(_plain(f"{_MARKS[finding.outcome]} {begins}{finding.sentence}"))
    click.echo("")
    click.echo(f"{file}: the proof {'holds' if holds else 'does NOT hold'}")


def _readable(evidence: Evidence) -> list[str]:
    """What the file says, before anybody knows that it is so."""
    try:
        return list(_told(evidence))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        return ["the file's content can't be shown: it was changed after it was written"]


def _plain(line: str) -> str:
    """Without control characters: a file could say by them what this command never did."""
    return printable(click.unstyle(line))


def _found_in(folder: Path | None, evidence: Evidence) -> dict[str, bytes]:
    """The call's recordings that lie in the folder, by name; nothing outside of it is read."""
    found: dict[str, bytes] = {}
    if folder is None:
        return found
    if not folder.is_dir():
        raise NotADirectoryError(0, "no folder of recordings", str(folder))
    for name, recording in evidence.bodies("recording").items():
        path = (folder / str(recording.get("path"))).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            continue
        if (content := content_of(path, MOST_BYTES)) is not None:
            found[name] = content
    return found


def _told(evidence: Evidence) -> Iterator[str]:
    """What the file says: the call, the answers, the verdicts clause by clause, what was corrected."""
    call, caller = evidence.bodies("call").get(""), evidence.bodies("call").get("caller")
    if call is not None:
        who = "a caller" if caller is None else caller["from_number"] or "withheld"
        yield f"call {call['call']}: {who} → {call['to_number']}, {call['started']}"
    if evidence.is_practice:
        yield "  a practice call: it was judged like any other, and nobody is billed for it"
    for name, answer in answers_of(evidence).items():
        yield from tell_answer(name, AnswerShown.of(answer))
    for name, (candidate, placing) in candidates_of(evidence).items():
        if evidence.audience != NETWORK:
            yield f"  decision {name.partition('/')[0]}: {_outcome(candidate, placing)}"
            yield from tell_clauses(clauses_of(candidate.clauses))
    for group, word in (("verdict", "verdict"), ("corrected", "corrected verdict")):
        for revenue in revenues_of(evidence, group).values():
            yield f"  {word}: {verdict_sentence(revenue)}"
            yield from tell_clauses(clauses_of(revenue.clauses))
        for leg, payout in payouts_of(evidence, group).items():
            yield f"  {word}, payout of {leg}: {payout.payout_reason}"
            yield from tell_clauses(clauses_of(payout.payout_clauses))
    for name, dispute in evidence.bodies("dispute").items():
        yield f"  dispute {name}: {dispute['state']}; {dispute['buyer']} says “{dispute['says']}”"


def _outcome(candidate: Candidate, placing: Placing) -> str:
    """What the decision was for the buyer whose view this is."""
    if placing.is_chosen:
        return f"chosen; {candidate_sentence(candidate)}"
    if candidate.eligible:
        return f"not chosen: {candidate.buyer} would have taken this call, but others ranked higher"
    return f"not chosen; {candidate_sentence(candidate)}"


def _finding(finding: Finding) -> Json:
    return {
        "what": finding.what,
        "outcome": finding.outcome,
        "code": finding.code,
        "sentence": finding.sentence,
    }


def _unreadable(error: EvidenceError) -> Json:
    return {"what": "file", "outcome": "fails", "code": "file_unreadable", "sentence": str(error)}


def _text(path: Path) -> str:
    """What the file holds, as far as any evidence goes: it may be an endless pipe."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1).decode("utf-8", errors="surrogateescape")


class _TookTooLong(Exception):
    """The file was made to be checked for ever."""


@contextmanager
def _within_time() -> Iterator[None]:
    """Raises _TookTooLong where the system has alarms, and this is the process's own thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(_number: int, _frame: object) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
