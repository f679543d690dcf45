"""A kept revision, read again: whatever an engine ever published, by today's code.

A kept revision is not judged. Neither the schemas nor the rules of today are held against it, and its
stories are no part of it: the engine that published it found it right, and calls ran by it. Its files are
brought to today's language (`engine.language.migrations`) and built. What it needs beside them it brings
along (`engine.language.kept.reference`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from engine.core.flow import Revision
from engine.core.places import Place
from engine.language.kept.packages import INSTALLED, Packages
from engine.language.kept.reference import (
    REFERENCE_FILE,
    Reference,
    ReferenceUnreadable,
    first_format,
    read_reference,
)
from engine.language.migrations import FORMAT, migrated
from engine.language.mistakes import Mistake, Mistakes
from engine.language.revisions import read_documents, read_parts, revision_id, revision_of, uncollected

FIRST_FORMAT = 1  # of a revision that does not say which it has


class UnreadableRevision(ValueError):
    """This version cannot read a revision that is there. Says file, line and cause."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def format_of(files: Mapping[str, str]) -> int:
    """The format of a kept revision; raises UnreadableRevision where it says none that could be meant."""
    kept = _kept_reference(files)
    number: int = FIRST_FORMAT if kept is None else kept["format"]
    return number


@uncollected()
def read_kept(files: Mapping[str, str], packages: Packages = INSTALLED) -> Revision:
    """The revision that these files are; raises UnreadableRevision."""
    number = format_of(files)
    if not FIRST_FORMAT <= number <= FORMAT:
        found = f"the revision has format {number}, but this version reads formats up to {FORMAT}"
        raise UnreadableRevision(Mistake(Place(REFERENCE_FILE, 1, 1), f"{found}; upgrade it"))
    reference = _reference(files, packages)
    mistakes = Mistakes(is_judging=False)
    documents = read_documents(files, reference, mistakes)
    flows, network = read_parts(migrated(documents, number), files, mistakes)
    if mistakes.has_errors:
        raise UnreadableRevision(next(iter(mistakes)))
    assert network is not None, "what cannot be read is a mistake"
    return revision_of(revision_id(files), flows, network)


class LastRead:
    """The revision that was read last, at hand for whoever reads of one call after the other.

    The next call is mostly of the same network: to read a small one again is two fifths of checking a proof.
    """

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._last: Revision | None = None

    def revision(self, files: Mapping[str, str]) -> Revision:
        """As `read_kept`. What the files hold tells whether they are the same, and no name does."""
        with self._one_at_a_time:
            if self._last is None or self._last.id != revision_id(files):
                self._last = None  # not both at once: each may be large
                self._last = read_kept(files)
            return self._last


LAST_READ = LastRead()


def _reference(files: Mapping[str, str], packages: Packages) -> Reference:
    try:
        return Reference(_kept_reference(files) or first_format(), packages)
    except ReferenceUnreadable as problem:
        raise _broken(problem) from problem


def _kept_reference(files: Mapping[str, str]) -> dict[str, Any] | None:
    if REFERENCE_FILE not in files:
        return None
    try:
        return read_reference(files[REFERENCE_FILE])
    except ReferenceUnreadable as problem:
        raise _broken(problem) from problem


def _broken(problem: ReferenceUnreadable) -> UnreadableRevision:
    return UnreadableRevision(Mistake(Place(REFERENCE_FILE, 1, 1), str(problem)))
