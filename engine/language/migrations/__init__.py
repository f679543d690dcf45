"""Migrations of the language: how a file that an earlier engine accepted is written today.

FORMAT is the number of the language that this engine writes. A change after which an older file would be
read otherwise, or not at all, raises it by one and brings a step: one small file, `v0003_….py`, with a
function from the documents of the format before to those of its own, and a line in STEPS. Steps run on
documents as they were parsed, so that every place stays the line that the operator wrote.

A setting that may be left out and then means what it always meant needs no step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from engine.language.migrations.v0002_reference_data import with_reference_data
from engine.language.yaml.documents import Document

Documents: TypeAlias = Mapping[str, Document]  # by their file's name, network.yaml among them

FORMAT = 2
"""1: every revision up to 0.1.0, which brings no reference data. 2: it does."""

# format → what makes documents of it out of those of the format before.
STEPS: Mapping[int, Callable[[Documents], Documents]] = MappingProxyType({2: with_reference_data})


def migrated(documents: Documents, since: int) -> Documents:
    """The documents of a format as they are written in today's."""
    for number in range(since + 1, FORMAT + 1):
        documents = STEPS[number](documents)
    return documents
