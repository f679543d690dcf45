"""Recordings over the API: a call's file, whole or in ranges."""

from __future__ import annotations

from fastapi import HTTPException
from fastapi.responses import FileResponse

from engine.web.answers import Routes
from engine.web.forms import refusals
from engine.web.needs import OpenStore, RecordingsFolder

MEDIA_TYPES = {"wav": "audio/wav", "flac": "audio/flac"}
SOUND = {"schema": {"type": "string", "format": "binary"}}

routes = Routes()


@routes.get(
    "/calls/{call}/recordings/{recording}",
    summary="A recording's file, as `recordings` of the call names it",
    response_class=FileResponse,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), SOUND)}, **refusals(404, 409, 410)},
)
async def recording(call: str, recording: str, store: OpenStore, folder: RecordingsFolder) -> FileResponse:
    """409 while it is being made, 410 once it is deleted."""
    kept = {one.recording: one for one in await store.recordings(call)}.get(recording)
    if kept is None:
        raise HTTPException(404, f"call {call!r} has no recording {recording!r}")
    if kept.end is None:
        raise HTTPException(409, "it is still being made; ask again when the call is over")
    if kept.pruned_at is not None:
        raise HTTPException(410, "its file was deleted when its time was over")
    path = folder / kept.path
    if not kept.end.sha256 or not path.is_file():
        raise HTTPException(404, f"its file isn't in this engine's folder: {kept.end.fault or kept.path}")
    return FileResponse(path, media_type=MEDIA_TYPES[kept.format], filename=path.name)
