"""The API's way to reports and exports: the same rows as the commands, by the network's own days."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse

from engine.accounts.exporting import EXPORTS, Export, Format, export
from engine.accounts.reporting import ReportBy, network_zone, report, span_of
from engine.language.hours import zones
from engine.web.forms import Answer, refusals, refusals_told

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

First = Annotated[date | None, Query(alias="from", description="the first day")]
Last = Annotated[date | None, Query(alias="to", description="the last day, whole")]
MEDIA: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def add_report_routes(routes: APIRouter, engine: Engine) -> None:
    """Routes to be included where the token is checked."""

    async def zone_of(name: str | None) -> ZoneInfo:
        if name is None:
            return await network_zone(engine.store)
        if name not in zones():
            raise HTTPException(422, f"found zone {name!r}; expected one such as America/Chicago")
        return ZoneInfo(name)

    @routes.get(
        "/reports/{by}",
        summary="What became of calls, by campaign, publisher, buyer, node, …",
        responses=refusals(409),
    )
    async def reports(
        by: ReportBy,
        first: First = None,
        last: Last = None,
        campaign: str | None = None,
        zone: str | None = None,
    ) -> list[Answer]:
        chosen = await zone_of(zone)
        async with refusals_told():
            return list(await report(engine.store, by, span_of(first, last, campaign, chosen), chosen))

    @routes.get(
        "/export/{what}",
        summary="Calls, the ledger or answers, streamed as CSV or JSON",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}, "application/json": {}}}, **refusals(409)},
    )
    async def exported(
        what: Export,
        *,
        first: First = None,
        last: Last = None,
        campaign: str | None = None,
        zone: str | None = None,
        as_: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
    ) -> StreamingResponse:
        chosen_zone = await zone_of(zone)
        async with refusals_told():
            span = span_of(first, last, campaign, chosen_zone)
        chosen: Format = as_
        lines: AsyncIterator[str] = export(engine.store, EXPORTS[what], span, chosen)
        headers = {"Content-Disposition": f'attachment; filename="{what}.{as_}"'}
        return StreamingResponse(lines, media_type=MEDIA[as_], headers=headers)
