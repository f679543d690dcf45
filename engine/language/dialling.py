"""`dialling:` of a network, and the numbers in its own files that it has to allow."""

from __future__ import annotations

from collections.abc import Collection

from engine.core.extensions import keying_mistake, parted
from engine.exchange.destinations import Destinations, country_of, is_country
from engine.language.mistakes import Mistakes
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at

DEFAULT_COUNTRY = "US"

_PATH: Pointer = ("dialling",)


def read_destinations(document: Document) -> Destinations:
    """What the network allows; where it says nothing, the countries of its own numbers."""
    allow, hosts = _texts(document, (*_PATH, "allow")), _texts(document, (*_PATH, "sip_hosts"))
    return Destinations(
        tuple(allow if allow is not None else own_countries(document)),
        None if hosts is None else tuple(host.lower() for host in hosts),
    )


def own_countries(document: Document) -> Collection[str]:
    """The countries of the numbers that callers dial."""
    found = {country_of(number) for number in mapping_at(document, ("numbers",))} - {""}
    return sorted(found) or (DEFAULT_COUNTRY,)


def check_destination(allowed: Destinations, document: Document, path: Pointer, mistakes: Mistakes) -> None:
    """The number or SIP address at `path` has to be one that the network dials, and what is keyed once it
    answers has to be keys."""
    to, keys = parted(text_at(document, path) or "")
    if wrong := keying_mistake(keys):
        expected = 'keys and commas, as in "+15550100,,123" (each comma waits 2 s)'
        mistakes.refuse(document.place(path), f"{subject(path)}{wrong}", expected=expected)
    why = allowed.refusal(to) if to.startswith(("+", "sip")) else ""  # the schema refuses all else
    if why:
        cure = "add its country, or its prefix, to network.yaml: dialling: {allow: […]}"
        if allowed.refuses_host(to):
            cure = "add its host to network.yaml: dialling: {sip_hosts: […]}"
        mistakes.refuse(document.place(path), f"{subject(path)}{why}", cure=cure)


def check_dialling(document: Document, mistakes: Mistakes) -> None:
    """What `allow` lists must be a country or a prefix."""
    for index, entry in enumerate(_texts(document, (*_PATH, "allow")) or ()):
        if not entry.startswith("+") and not is_country(entry):
            found, expected = (
                f"'{entry}' isn't a country",
                "two letters such as US, or a prefix such as +1512",
            )
            mistakes.error(document.place((*_PATH, "allow", index)), found, expected=expected)


def _texts(document: Document, path: Pointer) -> list[str] | None:
    """The texts of a list as they are written: NO is Norway, and +1512 no number to calculate with."""
    if not isinstance(value_at(document, path), list):
        return None
    entries = value_at(document, path)
    assert isinstance(entries, list)
    return [document.raw((*path, index)) or "" for index in range(len(entries))]
