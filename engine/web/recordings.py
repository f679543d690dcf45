"""The API's way to a recording's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from engine.web.forms import refusals

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

MEDIA_TYPES = {"wav": "audio/wav", "flac": "audio/flac"}


def add_recording_routes(routes: APIRouter, engine: Engine) -> None:
    """GET a recording, whole or in ranges. 409 while it is being made, 410 once it is deleted."""

    @routes.get(
        "/calls/{call}/recordings/{recording}",
        summary="A recording's file, as `recordings` of the call names it",
        response_class=FileResponse,
        responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}, **refusals(404, 409, 410)},
    )
    async def recording(call: str, recording: str) -> FileResponse:
        kept = {one.recording: one for one in await engine.store.recordings(call)}.get(recording)
        if kept is None:
            raise HTTPException(404, f"call {call!r} has no recording {recording!r}")
        if kept.end is None:
            raise HTTPException(409, "it is still being made; ask again when the call is over")
        if kept.pruned_at is not None:
            raise HTTPException(410, "its file was deleted when its time was over")
        path = engine.recordings.folder / kept.path
        if not kept.end.sha256 or not path.is_file():
            raise HTTPException(
                404, f"its file is not in this engine's folder: {kept.end.fault or kept.path}"
            )
        return FileResponse(path, media_type=MEDIA_TYPES[kept.format], filename=path.name)
