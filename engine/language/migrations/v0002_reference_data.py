"""Format 2: a revision brings its reference data (`engine.language.kept.reference`); its YAML is the same."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language.yaml.documents import Document


def with_reference_data(documents: Mapping[str, Document]) -> Mapping[str, Document]:
    """As they are: what an older revision lacks, the packages answer."""
    return documents
