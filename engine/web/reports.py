"""Reports and exports over the API: the same rows as the commands, by the network's own days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Query
from fastapi.responses import StreamingResponse

from engine.accounts.exporting import EXPORTS, Export, ExportedRows, Format, export
from engine.accounts.report_rows import Rows
from engine.accounts.reporting import Asked, ReportBy, check_names, network_zone, report, span_of
from engine.language.hours import zones
from engine.web.answers import JSON, Routes
from engine.web.forms import Practice, refusals, refusals_told
from engine.web.needs import OpenStore

First = Annotated[date | None, Query(alias="from", description="the first day")]
Last = Annotated[date | None, Query(alias="to", description="the last day, included")]
MEDIA: Mapping[Format, str] = {"csv": "text/csv; charset=utf-8", "json": JSON}

routes = Routes()


async def days_zone(
    store: OpenStore, zone: Annotated[str | None, Query(description="the time zone of the days")] = None
) -> ZoneInfo:
    """The zone that was asked for, else the network's; 422 for none that there is."""
    if zone is None:
        return await network_zone(store)
    if zone not in zones():
        raise HTTPException(422, f"found zone {zone!r}; expected one such as America/Chicago")
    return ZoneInfo(zone)


DaysZone = Annotated[ZoneInfo, Depends(days_zone)]


async def asked_for(
    first: First = None,
    last: Last = None,
    campaign: str | None = None,
    publisher: str | None = None,
    buyer: Annotated[str | None, Query(description="only what came to this buyer")] = None,
    tag: Annotated[str | None, Query(description="NAME=VALUE; NAME alone in a report by tag")] = None,
    practice: Practice = False,
) -> Asked:
    """Which calls are meant."""
    return Asked(first, last, campaign, publisher, buyer, tag, practice)


AskedFor = Annotated[Asked, Depends(asked_for)]


@routes.get(
    "/reports/{by}",
    summary="Outcomes of calls by campaign, publisher, buyer, node, …",
    responses=refusals(409),
)
async def reports(
    by: ReportBy,
    store: OpenStore,
    zone: DaysZone,
    asked: AskedFor,
    even_if_broken: Annotated[bool, Query(description="also if a chain of the ledger is broken")] = False,
) -> Rows:
    """A call belongs to the day on which it began, with all that came of it later, corrections too."""
    async with refusals_told():
        return await report(store, by, span_of(asked, zone), zone, even_if_broken=even_if_broken)


@routes.get(
    "/export/{what}",
    summary="Calls, the ledger or answers, streamed as CSV or JSON",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                JSON: {"schema": routes.schema(ExportedRows)},
            }
        },
        **refusals(409),
    },
)
async def exported(
    what: Export,
    store: OpenStore,
    zone: DaysZone,
    asked: AskedFor,
    form: Annotated[Format, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Calls and answers by the day on which the call began, the ledger's entries by the day of posting."""
    async with refusals_told():
        span = span_of(asked, zone)
        await check_names(store, span)
    headers = {"Content-Disposition": f'attachment; filename="{what}.{form}"'}
    return StreamingResponse(
        export(store, EXPORTS[what], span, form), media_type=MEDIA[form], headers=headers
    )
