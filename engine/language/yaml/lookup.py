"""Looking into a document whose shape is not to be trusted: what isn't there is None or empty."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language.yaml.documents import Document, Pointer


def value_at(document: Document, path: Pointer) -> object:
    """The value at a path, None where there is none."""
    value: object = document.value
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def mapping_at(document: Document, path: Pointer) -> Mapping[str, object]:
    """The mapping at a path, empty where there is none."""
    value = value_at(document, path)
    return value if isinstance(value, dict) else {}


def text_at(document: Document, path: Pointer) -> str | None:
    """The text at a path, None where there is none."""
    value = value_at(document, path)
    return value if isinstance(value, str) else None
