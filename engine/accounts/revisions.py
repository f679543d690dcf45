"""Revisions as calls ran on them: read again from what the store kept, the last ones kept at hand."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping

from engine.core.flow import Revision
from engine.language.kept.reading import UnreadableRevision, read_kept
from engine.language.revisions import Published, publish
from engine.store.errors import StoreError
from engine.store.store import Store

log = logging.getLogger("cordboard.calls")

MOST_READ = 8  # revisions of earlier days that a worker keeps at hand


class RevisionLost(StoreError):
    """What a call needs its revision for cannot be done. Says which of the two it is: `is_kept` or not."""

    def __init__(self, name: str, cause: UnreadableRevision | None = None) -> None:
        self.is_kept = cause is not None
        why = "is not in this database" if cause is None else f"is stored, but can't be read: {cause}"
        super().__init__(f"its revision {name} {why}")


async def kept_revision(store: Store, name: str) -> Revision:
    """A revision of an earlier day, read again from what the store kept, beside the calls of this day.

    Raises RevisionLost where it is not kept, or this version cannot read it.
    """
    files = await store.revision_files(name)
    if files is None:
        raise RevisionLost(name)
    try:
        return await asyncio.to_thread(READ.revision, name, files)
    except UnreadableRevision as problem:
        raise RevisionLost(name, problem) from problem


async def revision_if_readable(store: Store, name: str) -> Revision | None:
    """The same for those who can do without; why it is not there is logged."""
    try:
        return await kept_revision(store, name)
    except RevisionLost as lost:
        log.warning("a revision is passed over: %s", lost)
        return None


class Read:
    """The revisions that were read last. A name is its content's hash: it means the same everywhere."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.RLock()
        self._revisions: OrderedDict[str, Revision] = OrderedDict()

    def revision(self, name: str, files: Mapping[str, str]) -> Revision:
        """A kept one; raises UnreadableRevision."""
        with self._one_at_a_time:
            if name in self._revisions:
                self._revisions.move_to_end(name)
                return self._revisions[name]
            revision = read_kept(files)
            self._put_away(revision)
            return revision

    def published(self, files: Mapping[str, str]) -> Published:
        """A draft, checked and made a revision."""
        with self._one_at_a_time:
            published = publish(files)
            if published.revision is not None:
                self._put_away(published.revision)
            return published

    def _put_away(self, revision: Revision) -> None:
        """Kept at hand, and from the collector, whose rounds through a large network calls would hear."""
        self._revisions[revision.id] = revision
        if len(self._revisions) > MOST_READ:
            self._revisions.popitem(last=False)
        gc.freeze()


READ = Read()
