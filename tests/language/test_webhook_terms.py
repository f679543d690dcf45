"""Webhooks of a network are read as they are written, and what leads nowhere is said."""

from __future__ import annotations

from pathlib import Path

from engine.exchange.webhooks import Webhook, secret_of
from engine.language.revisions import Published, publish, read_network_dir

ROOFING = Path("examples/flows/roofing")
CRM = """
webhooks:
  crm-eu: {url: "https://crm.example.com/calls", events: [billed, not_billed], campaigns: [roofing], reveal: [zip]}
"""


def published(more: str) -> Published:
    files = read_network_dir(ROOFING)
    return publish({**files, "network.yaml": files["network.yaml"] + more})


def mistakes(more: str) -> str:
    return "\n".join(map(str, published(more).mistakes))


def test_a_webhook_is_read_with_its_defaults() -> None:
    network = published(CRM).network
    assert network is not None
    webhook = network.webhooks["crm-eu"]
    assert webhook == Webhook(
        "https://crm.example.com/calls", ("billed", "not_billed"), ("roofing",), ("zip",), None, 10_000, 12
    )
    assert secret_of("crm-eu", webhook) == "CRM_EU"


def test_a_webhook_may_name_its_secret_time_and_attempts() -> None:
    network = published(CRM.replace("reveal: [zip]", "secret: SHARED, timeout: 2s, attempts: 3")).network
    assert network is not None
    webhook = network.webhooks["crm-eu"]
    assert (secret_of("crm-eu", webhook), webhook.timeout_ms, webhook.attempts) == ("SHARED", 2_000, 3)


def test_a_webhook_may_be_a_publishers() -> None:
    theirs = CRM.replace("reveal: [zip]", "publishers: [radio-tx], tags: [sub1]")
    network = published(theirs).network
    assert network is not None
    webhook = network.webhooks["crm-eu"]
    assert (webhook.is_a_publishers, webhook.publishers, webhook.tags) == (True, ("radio-tx",), ("sub1",))
    said = mistakes(theirs.replace("radio-tx", "radio-t"))
    assert "webhook 'crm-eu': publisher 'radio-t' doesn't exist; did you mean 'radio-tx'?" in said


def test_campaigns_and_answers_that_do_not_exist_are_named() -> None:
    said = mistakes(CRM.replace("[roofing]", "[rofing]").replace("[zip]", "[zipp]"))
    assert "webhook 'crm-eu': campaign 'rofing' doesn't exist; did you mean 'roofing'?" in said
    assert "webhook 'crm-eu': answer 'zipp' doesn't exist; did you mean 'zip'?" in said


def test_an_unknown_event_a_plain_url_and_a_long_time_are_refused() -> None:
    assert "did you mean 'billed'?" in mistakes(CRM.replace("[billed, not_billed]", "[biled]"))
    assert "https://" in mistakes(CRM.replace("https://crm", "http://crm"))
    assert "expected more than 0s, at most 30s" in mistakes(CRM.replace("reveal: [zip]", "timeout: 5m"))
