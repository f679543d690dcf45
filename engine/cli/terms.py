"""cordboard terms: the offer of a campaign, from the YAML that routes and bills."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.check import print_mistakes
from engine.cli.options import json_option, network_folder, print_json, stop
from engine.core.json_values import JsonObject
from engine.language.mistakes import suggestion
from engine.language.revisions import NETWORK_FILE, load
from engine.rehearsal.offers import PartyOffer, markdown_of, offers, text_of


@click.command()
@click.argument("campaign")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--for", "party", metavar="PARTY", help="publishers, publisher:NAME or buyer:NAME. Default: all."
)
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@json_option
def terms(campaign: str, folder: Path, party: str | None, markdown: bool, as_json: bool) -> None:
    """Print CAMPAIGN's terms for publishers and buyers, with the file and line of each term.

    The terms come from the network in DIR, the same files that route and bill its calls.
    """
    if (Path(campaign) / NETWORK_FILE).is_file() and not (folder / NETWORK_FILE).is_file():
        campaign, folder = str(folder), Path(campaign)  # given the other way round
    published = load(network_folder(folder))
    if published.revision is None or published.network is None:
        print_mistakes(folder, published.mistakes, err=True)
        stop("can't show the terms: the network has errors")
    known = published.network.campaigns
    if campaign not in known:
        cure = suggestion(campaign, known) or f"expected one of {', '.join(known)}"
        stop(f"campaign '{campaign}' doesn't exist; {cure}")
    every = list(offers(published.revision, published.network, campaign))
    wanted = [offer for offer in every if party in (None, offer.party)]
    if not wanted:
        stop(f"--for {party}: no such party; expected one of {', '.join(offer.party for offer in every)}")
    if as_json:
        print_json([_document(offer) for offer in wanted])
        return
    for number, offer in enumerate(wanted):
        if number:
            click.echo("")
        for line in markdown_of(offer) if markdown else text_of(offer):
            click.echo(line)


def _document(offer: PartyOffer) -> JsonObject:
    return {
        "party": offer.party,
        "title": offer.title,
        "sections": [
            {"heading": section.heading, "lines": [{"text": text, "at": at} for text, at in section.lines]}
            for section in offer.sections
        ],
    }
