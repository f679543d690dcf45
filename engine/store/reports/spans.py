"""Which calls are counted or taken away: by when they began, whose they are, how they are tagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, exists, func, select

from engine.store.tables.schema import calls, ledger, legs, tags

_c = calls.c


@dataclass(frozen=True, slots=True)
class Span:
    """The calls begun in [since, until): all of them, or those of a campaign, a publisher, a tag's value.

    With `buyer`, the calls that were offered to it, and of these what is the buyer's own. `tag` is also the
    one whose values are told apart in a report by tag. Practice calls are meant alone, or not at all.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    campaign: str | None = None
    publisher: str | None = None
    buyer: str | None = None
    tag: str | None = None
    tag_value: str | None = None
    practice: bool = False

    def of(self, query: Select[Any]) -> Select[Any]:
        """The query, over these calls only; it must read `calls`."""
        query = self.begun(query)
        if self.buyer is None:
            return query
        offered = legs.alias("offered").c
        return query.where(
            exists(select(offered.leg).where(offered.call == _c.call, offered.buyer == self.buyer))
        )

    def begun(self, query: Select[Any]) -> Select[Any]:
        """The same, with calls that were not offered to the buyer among them."""
        return self._whose(_within(query, _c.started_at, self))

    def owned(self, query: Select[Any], table: Table) -> Select[Any]:
        """The query, over what is the buyer's own in the table."""
        return query if self.buyer is None else query.where(table.c.buyer == self.buyer)

    def posted(self, query: Select[Any]) -> Select[Any]:
        """The query, over entries of the ledger that were posted in the span, whenever their calls began."""
        return self.owned(self._whose(_within(query, ledger.c.posted_at, self)), ledger)

    def _whose(self, query: Select[Any]) -> Select[Any]:
        query = query.where(_c.practice.is_(self.practice))
        if self.campaign is not None:
            query = query.where(_c.campaign == self.campaign)
        if self.publisher is not None:
            query = query.where(_c.publisher == self.publisher)
        if self.tag is not None and self.tag_value is not None:
            query = query.where(value_of_tag(self.tag) == self.tag_value)
        return query


def value_of_tag(name: str) -> ColumnElement[str]:
    """The value that a call's tag had last; "" where it has none."""
    t = tags.alias("tagged").c
    last = select(t.value).where(t.call == _c.call, t.name == name).order_by(t.seq.desc(), t.n.desc())
    return func.coalesce(last.limit(1).correlate(calls).scalar_subquery(), "")


def _within(query: Select[Any], at: ColumnElement[int], span: Span) -> Select[Any]:
    if span.since_ms is not None:
        query = query.where(at >= span.since_ms)
    return query if span.until_ms is None else query.where(at < span.until_ms)
