"""Certificates are read once for all clients, and servers are still asked for theirs."""

from __future__ import annotations

import ssl

from engine.media.certificates import trusted


def test_they_are_read_once_and_every_server_must_show_one() -> None:
    assert trusted() is trusted()
    assert trusted().verify_mode is ssl.CERT_REQUIRED
    assert trusted().check_hostname
    assert trusted().cert_store_stats()["x509_ca"] > 0
