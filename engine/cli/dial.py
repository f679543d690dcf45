"""cordboard dial: a real call over loopback sockets, placed by a carrier of our own."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import click

from engine.accounts.call_shown import CallShown
from engine.cli.answers import CommandWithAnswers, given_answers, made_sound
from engine.cli.conducts import CONDUCTS, Conducts, read_conducts
from engine.cli.live import LiveDisplay
from engine.cli.options import duration_s, folder_argument, json_option, network_folder, print_json, run, stop
from engine.cli.progress import prompt_progress
from engine.cli.serve import opened_engine
from engine.cli.stated import settings_from
from engine.cli.telling import tell_outcome
from engine.core.events import CallArrived
from engine.core.printable import printable
from engine.language.revisions import load
from engine.rehearsal.loopback import Caller, LoopbackCarrier, RehearsalStuck
from engine.rehearsal.loopback.parts import CarrierPart
from engine.rehearsal.loopback.playing import FIRST, PARTS, PartNotSetUp, part_of
from engine.runtime.clock import Clock
from engine.runtime.engine import Engine
from engine.runtime.logs import set_up_logging
from engine.runtime.settings import Settings

ASKED_WITHIN_S = 180.0  # in which an engine that was killed can be started again


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the people of the call do."""

    caller: str
    to: str
    answers: tuple[str | bytes, ...]  # keys, or a voice in mu-law
    carrier: str  # that ours plays
    others: tuple[str, ...]  # that the network names besides: ours plays them, too
    conducts: Conducts
    talk_s: float
    speed: float


@click.command(cls=CommandWithAnswers)
@folder_argument
@click.option(
    "--keys", multiple=True, metavar="DIGITS", help="Keys for one question. Repeat for the next question."
)
@click.option(
    "--say",
    "sayings",
    multiple=True,
    metavar="WAV|TEXT",
    help="What the caller says to one question: a WAV file, or text for the default voice to speak. "
    "With --keys, in the order of the command line.",
)
@click.option(
    "--buyer",
    "buyers",
    multiple=True,
    metavar="[NAME=]CONDUCT",
    help=f"What buyers do: {', '.join(CONDUCTS)}. With NAME=, only that buyer. Default: answers.",
)
@click.option("--talk", default="95s", callback=duration_s, show_default=True, help="How long a buyer talks.")
@click.option("--from", "caller", default="+15125550123", show_default=True, help="The caller's number.")
@click.option("--to", metavar="NUMBER", help="The number to call. Default: the network's first.")
@click.option(
    "--as",
    "as_carrier",
    type=click.Choice(sorted(PARTS)),
    help="The carrier that ours plays. Default: the one that the network names for the number, else "
    "the first of these.",
)
@click.option("--speed", default=1.0, type=click.FloatRange(1, 20), help="Speed up time by this factor.")
@click.option("--db", metavar="URL", help="Store the call in this database. Default: a temporary one.")
@click.option(
    "--engine",
    "engine_url",
    metavar="URL",
    help="URL of a running engine to call, instead of starting one. It must have been started with our "
    "--carrier as its CORDBOARD_…_API_URL and with the same account and secrets.",
)
@click.option("--carrier", metavar="HOST:PORT", default="127.0.0.1:0", help="Our carrier's REST API.")
@json_option
def dial(
    folder: Path,
    keys: tuple[str, ...],
    sayings: tuple[str, ...],
    buyers: tuple[str, ...],
    talk: float,
    caller: str,
    to: str | None,
    as_carrier: str | None,
    speed: float,
    db: str | None,
    engine_url: str | None,
    carrier: str,
    as_json: bool,
) -> None:
    """Place a call to the network in DIR over loopback sockets, and print what happens as it happens.

    Exits with 0 if the call ran to its end, with 1 if it got stuck.
    """
    set_up_logging(30)
    if sayings and speed != 1:
        stop(f"--say at --speed {speed:g}: speech is recognised in real time; remove --speed")
    published = load(network_folder(folder))
    if published.network is None or published.revision is None:
        stop(f"the network in {folder} has errors; `cordboard check {folder}` lists them", 1)
    network = published.network
    number = to or next(iter(network.numbers))
    conducts = read_conducts(buyers, talk, network, published.revision, number)
    answers = made_sound(given_answers(click.get_current_context()))
    own = network.numbers.get(number)
    named = as_carrier or (own.carrier if own is not None else "") or FIRST
    if named not in PARTS:
        stop(f"our carrier can't play {named!r}; --as takes {', '.join(sorted(PARTS))}")
    carriers = [each.carrier for each in network.numbers.values()]
    carriers += [each.carrier for each in network.buyers.values()]
    beside = tuple(dict.fromkeys(name for name in carriers if name in PARTS and name != named))
    rehearsal = Rehearsal(caller, number, answers, named, beside, conducts, talk, speed)
    if engine_url:
        if speed != 1:
            stop("--speed doesn't work with --engine; a running engine keeps its own time")
        sys.exit(run(_dial_running(rehearsal, engine_url, carrier, as_json)))
    sys.exit(run(_dial_own(folder, rehearsal, db, as_json)))


async def _dial_own(folder: Path, rehearsal: Rehearsal, db: str | None, as_json: bool) -> int:
    """An engine of our own, on ports of its own, for one call."""
    with tempfile.TemporaryDirectory(prefix="cordboard-") as scratch:
        async with contextlib.AsyncExitStack() as stack:
            carrier, *others = [
                await stack.enter_async_context(_carrier(PARTS[name](), rehearsal, "127.0.0.1:0"))
                for name in (rehearsal.carrier, *rehearsal.others)
            ]
            # At another speed nobody is understood, and a recogniser takes seconds to start.
            hears = {} if rehearsal.speed == 1 else {"speech": "off"}
            settings = settings_from(
                {
                    **hears,
                    "db": db or f"sqlite:///{scratch}/cordboard.db",
                    "http": "127.0.0.1:0",
                    "media": "127.0.0.1:0",
                    "public_url": "",
                    "public_media_url": "",
                    **{name: value for each in (*others, carrier) for name, value in each.settings.items()},
                }
            )
            engine = await _own_engine(folder, settings, rehearsal.speed)
            async with engine:
                display = LiveDisplay(as_json, rehearsal.talk_s)
                engine.watch(display.watch)
                for finding in engine.dialler.findings():
                    click.echo(finding, err=True)
                placed: list[str] = []
                engine.watch(
                    lambda call, event, _: placed.append(call) if isinstance(event, CallArrived) else None
                )
                code = await _place(carrier, rehearsal, engine.public_url, display)
                for each in (carrier, *others):
                    await each.settled()
                for live in list(engine.calls.values()):
                    await live.finished
                await _tell(engine, placed, as_json)
    return code


async def _own_engine(folder: Path, settings: Settings, speed: float) -> Engine:
    click.echo("preparing the prompts (this takes a moment the first time) …", err=True)
    with prompt_progress() as on_progress:
        return await opened_engine(folder, settings, on_progress, clock=Clock(speed))


async def _dial_running(rehearsal: Rehearsal, engine_url: str, address: str, as_json: bool) -> int:
    """An engine that runs already; its account and secrets are ours by the same settings."""
    try:
        part = part_of(rehearsal.carrier, settings_from({}))
    except PartNotSetUp as lacking:
        stop(str(lacking))
    display = LiveDisplay(as_json, rehearsal.talk_s)
    async with _carrier(part, rehearsal, address) as carrier:
        carrier.on_event(display.happened)
        click.echo(f"our carrier's REST API is at {carrier.api_url}", err=True)
        code = await _place(carrier, rehearsal, engine_url.rstrip("/"), display)
        await carrier.settled()
        if any(call.is_unreported for call in carrier.calls.values()):
            click.echo(
                "the engine could not be told how a leg ended; "
                f"our carrier's REST API goes on for {ASKED_WITHIN_S:g} s, for an engine that asks",
                err=True,
            )
            await carrier.asked(ASKED_WITHIN_S)
    return code


@contextlib.asynccontextmanager
async def _carrier(part: CarrierPart, rehearsal: Rehearsal, address: str) -> AsyncIterator[LoopbackCarrier]:
    port = int(address.rpartition(":")[2])
    carrier = LoopbackCarrier(
        part=part, speed=rehearsal.speed, other_buyers=rehearsal.conducts.others, rest_port=port
    )
    async with carrier:
        for number, conduct in rehearsal.conducts.by_number.items():
            carrier.buyer(number, conduct)
        yield carrier


async def _place(carrier: LoopbackCarrier, rehearsal: Rehearsal, url: str, display: LiveDisplay) -> int:
    display.begins(rehearsal.caller, rehearsal.to, rehearsal.speed)
    caller = Caller.answers(rehearsal.answers)
    try:
        call = await carrier.call(
            rehearsal.caller, rehearsal.to, caller, voice_url=url + carrier.part.voice_path
        )
    except RehearsalStuck as stuck:
        click.echo(printable(f"the call got stuck: {stuck}"), err=True)
        return 1
    for complaint in carrier.complaints:
        click.echo(printable(f"the carrier complains: {complaint}"), err=True)
    display.ended(str(call.ended_by))
    return 1 if carrier.complaints else 0


async def _tell(engine: Engine, placed: list[str], as_json: bool) -> None:
    """The call that was placed, whatever others the database has."""
    if not placed:
        return
    view = await engine.store.call(placed[-1])
    assert view is not None
    shown = CallShown.of(view)
    if as_json:
        print_json(shown)
        return
    for line in tell_outcome(shown):
        click.echo(line)
