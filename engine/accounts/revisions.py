"""Revisions as calls ran on them: read again from what the store kept, the last ones kept at hand."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import OrderedDict
from collections.abc import Mapping

from engine.core.flow import Revision
from engine.language.revisions import Published, publish
from engine.store.store import Store

MOST_READ = 8  # revisions of earlier days that a worker keeps at hand


async def kept_revision(store: Store, name: str) -> Revision | None:
    """A revision of an earlier day, read again from what the store kept, beside the calls of this day."""
    files = await store.revision_files(name)
    return None if files is None else await asyncio.to_thread(READ.revision, name, files)


class Read:
    """The revisions that were read last. A name is its content's hash: it means the same everywhere."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.RLock()
        self._revisions: OrderedDict[str, Revision] = OrderedDict()

    def revision(self, name: str, files: Mapping[str, str]) -> Revision | None:
        with self._one_at_a_time:
            if name in self._revisions:
                self._revisions.move_to_end(name)
                return self._revisions[name]
            return self.published(files).revision

    def published(self, files: Mapping[str, str]) -> Published:
        """Checked, and put away from the collector, whose rounds through a large network calls would hear."""
        with self._one_at_a_time:
            published = publish(files)
            if published.revision is not None:
                self._revisions[published.revision.id] = published.revision
                if len(self._revisions) > MOST_READ:
                    self._revisions.popitem(last=False)
            gc.freeze()
            return published


READ = Read()
