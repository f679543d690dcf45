"""What is wrong with a lookup beyond its shape: its schema, what it tells, whom it asks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from engine.core.answers import AnswerType, answers_behind
from engine.core.flow import Node
from engine.language.mistakes import Mistakes, suggestion
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.lookup import Lookup


def check_lookup(
    document: Document, name: str, node: Node | None, answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> None:
    """The schema must be one, without anything from elsewhere; a sensitive answer is told by name alone."""
    if not isinstance(node, Lookup):
        return
    path = ("nodes", name)
    if document.has((*path, "schema")):
        _check_schema(document, name, mistakes)
    for parameter, expression in node.sends.items():
        for answer in sorted({*answers_behind(expression.names, answers)}):
            if answers[answer].sensitive and answer not in node.reveal:
                found = f"node '{name}': '{parameter}' tells '{answer}', which is sensitive"
                cure = f"leave it out, or add 'reveal: [{answer}]'"
                mistakes.error(document.place((*path, "sends", parameter)), found, cure=cure)
    for index, answer in enumerate(node.reveal):
        if answer not in answers:
            found = f"node '{name}': '{answer}' is no answer of this flow"
            mistakes.error(document.place((*path, "reveal", index)), found, cure=suggestion(answer, answers))


def _check_schema(document: Document, name: str, mistakes: Mistakes) -> None:
    path = ("nodes", name, "schema")
    schema = value_at(document, path)
    if not isinstance(schema, dict):
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    for reference in _references(schema):
        if not reference.startswith("#"):
            found = f"node '{name}': the schema refers to {reference}, and is never fetched from elsewhere"
            mistakes.error(document.key_place(path), found, cure="write it out under '$defs'")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        found = f"node '{name}': no JSON Schema{f' at {where}' if where else ''}: {error.message}"
        mistakes.error(document.key_place(path), found)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(part, str):
                yield part
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def check_hosts(network: Document, flow: Document, node: str, mistakes: Mistakes) -> None:
    """The host that a lookup asks must be one of the network's."""
    path = ("nodes", node, "url")
    url = text_at(flow, path)
    listed = value_at(network, ("lookups", "hosts"))
    hosts: Collection[str] = [str(host) for host in listed] if isinstance(listed, list) else []
    if not url or "://" not in url or "url" not in mapping_at(flow, ("nodes", node)):
        return
    host = urlsplit(url).netloc.lower()
    if host and host not in hosts:
        found = f"node '{node}': {host} is no host that the network looks things up at"
        cure = suggestion(host, hosts) or f"add it to network.yaml: lookups: {{hosts: [{host}]}}"
        mistakes.error(flow.place(path), found, cure=cure)
