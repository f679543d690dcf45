"""Whom lookups ask: the hosts that the network lists, and no others."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from engine.language.mistakes import Mistakes, suggestion
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at, value_at


def check_hosts(network: Document, flow: Document, path: Pointer, mistakes: Mistakes) -> None:
    """The host of the address at `path` of the flow must be one of the network's."""
    url = text_at(flow, path)
    listed = value_at(network, ("lookups", "hosts"))
    hosts: Collection[str] = [str(host) for host in listed] if isinstance(listed, list) else []
    if not url or "://" not in url:
        return
    host = urlsplit(url).netloc.lower()
    if host and host not in hosts:
        found = f"{subject(path)}{host} isn't one of the network's lookup hosts"
        cure = suggestion(host, hosts) or f"add it to network.yaml: lookups: {{hosts: [{host}]}}"
        mistakes.error(flow.place(path), found, cure=cure)
