"""Whose `X-Forwarded-For` is believed, and whom it names: behind a proxy everybody has the proxy's address.

Each proxy adds who came to it at the end. So the last address that is no proxy of ours was written by one of
ours, and what stands before it by anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Proxies:
    """Those who are trusted: loopback always, and the networks that the operator names."""

    __slots__ = ("networks",)

    def __init__(self, named: Sequence[Network] = ()) -> None:
        self.networks: tuple[Network, ...] = (*LOOPBACK, *named)

    def trust(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and self._are(address)

    def client(self, peer: str, forwarded: str) -> str:
        """Who came to `peer`, by its X-Forwarded-For; `peer` itself where that says nothing.

        Where every address is a proxy's, the first is who asked.
        """
        if not forwarded or not self.trust(peer):
            return peer
        asked = peer
        for named in reversed(forwarded.split(",")):
            address = _address(_without_port(named.strip()))
            if address is None:
                break  # whoever wrote that is no proxy that we know
            asked = str(address)
            if not self._are(address):
                break
        return asked

    def _are(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


def _address(written: str) -> IPv4Address | IPv6Address | None:
    """One address has one form: IPv4 in IPv6's dress is IPv4."""
    try:
        address = ip_address(written)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(written: str) -> str:
    if written.startswith("["):
        return written[1:].partition("]")[0]
    host, colon, _ = written.partition(":")
    return host if colon and ":" not in written[len(host) + 1 :] else written
