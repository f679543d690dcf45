"""cordboard serve: the engine."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path

import click

from engine.carriers import CARRIERS
from engine.cli.check import print_mistakes
from engine.cli.options import folder_argument, network_folder, run, stop
from engine.cli.progress import prompt_progress
from engine.cli.stated import settings_from
from engine.media.synthesiser import VoiceFailed
from engine.runtime.descriptors import raise_open_files
from engine.runtime.engine import Engine
from engine.runtime.logs import set_up_logging
from engine.runtime.publishing import NotPublishableError
from engine.runtime.settings import Settings
from engine.store.errors import StoreError
from engine.web.serving import open_engine


def _settings_help() -> str:
    """Every setting with its environment variable, as --help lists them."""
    lines = ["\b", "Settings (environment):"]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=False)
        shown = "" if default in (None, "") or "Secret" in str(field.annotation) else f" [{default}]"
        lines.append(f"  CORDBOARD_{name.upper()}{shown}")
        lines.append(f"      {field.description}")
    return "\n".join(lines)


@click.command(epilog=_settings_help())
@folder_argument
@click.option(
    "--http", metavar="HOST:PORT", help="Address for webhooks, API and health. Default: 127.0.0.1:8080."
)
@click.option("--media", metavar="HOST:PORT", help="Address for media websockets. Default: 127.0.0.1:8081.")
@click.option("--db", metavar="URL", help="Database URL. Default: sqlite:///cordboard.db.")
@click.option("--public-url", metavar="URL", help="Public URL where carriers reach the HTTP port.")
@click.option(
    "--allow-unsigned",
    is_flag=True,
    default=None,
    help="For development: accept unsigned calls from loopback.",
)
@click.option("--verbose", "-v", is_flag=True, help="Log every step of every call.")
def serve(folder: Path, verbose: bool, **flags: str | bool | None) -> None:
    """Answer calls for the network in DIR until stopped with Ctrl-C or SIGTERM.

    Prints `ready http=… media=…` on stdout when it is ready for calls. Logs go to stderr.
    """
    settings = settings_from({name: value for name, value in flags.items() if value is not None})
    set_up_logging(logging.DEBUG if verbose else logging.INFO)
    raise_open_files(settings)
    sys.exit(run(_serve(network_folder(folder), settings)))


async def _serve(folder: Path, settings: Settings) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    with prompt_progress() as on_progress:
        engine = await opened_engine(folder, settings, on_progress)
    try:
        await _until_stopped(engine, settings, stopping)
    except StoreError as error:
        click.echo(str(error), err=True)
        return 1
    return 0


async def _until_stopped(engine: Engine, settings: Settings, stopping: asyncio.Event) -> None:
    log = logging.getLogger("cordboard.engine")
    async with engine:
        if settings.allow_unsigned:
            log.warning("unsigned calls are accepted, from loopback only: for development")
        elif not any(account.is_set_up for account in engine.carriers.values()):
            log.warning("no calls will be accepted: no carrier is set up. %s", _what_carriers_need())
        for finding in engine.dialler.findings():
            log.warning("%s", finding)
        click.echo(f"ready http={engine.http_address} media={engine.media_address}")
        sys.stdout.flush()
        await stopping.wait()
        log.info("stopping: no new calls, %d running", len(engine.calls))
        await engine.drain()


def _what_carriers_need() -> str:
    """One sentence for each carrier."""
    return " ".join(
        f"{each.title} needs {', '.join(f'CORDBOARD_{name.upper()}' for name in each.needs)}."
        for each in CARRIERS
    )


async def opened_engine(folder: Path, settings: Settings, on_progress: object, **more: object) -> Engine:
    """The engine, or an end of the command that says why there is none."""
    try:
        return await open_engine(settings, folder, on_progress=on_progress, **more)  # type: ignore[arg-type]
    except NotPublishableError as unpublishable:
        print_mistakes(folder, unpublishable.mistakes, err=True)
        stop("not serving: the network has errors", 1)
    except VoiceFailed as failed:
        stop(f"can't speak the prompts: {failed}")
    except StoreError as error:
        stop(str(error))
    except OSError as error:
        stop(f"can't listen on {settings.http} and {settings.media}: {error}")
