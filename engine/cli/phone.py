"""cordboard phone: a network's calls by a browser, on this machine alone."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import sys
import webbrowser
from pathlib import Path
from urllib.parse import urlencode

import click

from engine.cli.options import folder_argument, network_folder, run
from engine.cli.progress import prompt_progress
from engine.cli.serve import opened_engine
from engine.cli.stated import settings_from
from engine.runtime.descriptors import raise_open_files
from engine.runtime.engine import Engine
from engine.runtime.logs import set_up_logging
from engine.runtime.settings import Settings

DATABASE = "cordboard-phone.db"
MOST_LISTED = 50  # numbers and buyers that the page offers by name


@click.command()
@folder_argument
@click.option(
    "--http", default="127.0.0.1:0", show_default=True, metavar="HOST:PORT", help="The page's address."
)
@click.option(
    "--media", default="127.0.0.1:0", show_default=True, metavar="HOST:PORT", help="The sound's address."
)
@click.option(
    "--db", metavar="URL", help=f"Database URL. Default: {DATABASE} in this folder, for such calls alone."
)
@click.option("--no-open", is_flag=True, help="Print the page's address, and don't open it.")
@click.option("--verbose", "-v", is_flag=True, help="Log every step of every call.")
def phone(folder: Path, http: str, media: str, db: str | None, no_open: bool, verbose: bool) -> None:
    """Call the network in DIR by a page in your browser, as its caller and as its buyers.

    The calls are practice, unless the network sells calls by a browser. Buyers ring in the page alone. Prints
    `phone URL` on stdout; the URL has the key of this run. Stop it with Ctrl-C.
    """
    known = {"http": http, "media": media, "db": db or f"sqlite:///{DATABASE}"}
    settings = settings_from({**known, "browser_key": secrets.token_urlsafe(24)})
    set_up_logging(logging.DEBUG if verbose else logging.WARNING)
    raise_open_files(settings)
    run(_serve(network_folder(folder), settings, is_opened=not no_open))


async def _serve(folder: Path, settings: Settings, *, is_opened: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    with prompt_progress() as on_progress:
        engine = await opened_engine(folder, settings, on_progress)
    async with engine:
        page = page_of(engine)
        click.echo(f"phone {page}")
        sys.stdout.flush()
        if is_opened:
            await loop.run_in_executor(None, webbrowser.open, page)
        await stopping.wait()
        await engine.drain()


def page_of(engine: Engine) -> str:
    """The page's address, with what it may do and whom it offers behind the #, which no server is sent."""
    assert engine.published is not None, "it is open"
    network = engine.published.market.network
    buyers = [f"{key}={buyer.to}" for key, buyer in network.buyers.items() if buyer.to]
    offered = {
        "key": engine.settings.browser_key.get_secret_value(),  # type: ignore[attr-defined]
        "numbers": ",".join(list(network.numbers)[:MOST_LISTED]),
        "buyers": ",".join([each for each in buyers if "," not in each][:MOST_LISTED]),
    }
    return f"{engine.public_url}/carriers/browser/phone#{urlencode(offered)}"
