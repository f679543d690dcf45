"""The API's way to a call's signed evidence, and to the key that it is signed with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import KEY_FILE, EvidenceError, SigningKey, signing_key
from engine.evidence.vcon import signed_evidence
from engine.web.forms import Answer, call_named, refusals

if TYPE_CHECKING:
    from engine.runtime.engine import Engine


def add_proof_routes(routes: APIRouter, engine: Engine) -> None:
    """GET evidence as `cordboard evidence` writes it. 409 where there is none yet, with the reason."""

    def own_key() -> SigningKey:
        setting = engine.settings.signing_key
        try:
            return signing_key(engine.store.beside(KEY_FILE), setting.get_secret_value() if setting else None)
        except EvidenceError as error:
            raise HTTPException(500, str(error)) from error

    @routes.get(
        "/calls/{call}/evidence",
        summary="The signed proof of a call, whole or as a party may see it",
        responses=refusals(400, 404, 409),
    )
    async def evidence(
        call: str,
        audience: Annotated[str, Query(alias="for", description="buyer:NAME or publisher:NAME")] = NETWORK,
    ) -> Answer:
        try:
            material = await collect(engine.store, await call_named(engine.store, call))
        except EvidenceError as error:
            raise HTTPException(409, str(error)) from error
        now_ms = engine.clock.now_ms()

        def signed() -> Answer:
            dossier = dossier_of(material)
            if audience not in dossier.parties:
                raise HTTPException(404, f"no such party in this call: {audience}")
            return signed_evidence(dossier, own_key(), audience, made_at=now_ms)

        return await asyncio.to_thread(signed)  # thousands of buyers take seconds, and calls go on meanwhile

    @routes.get("/key", summary="The public key that evidence is signed with, as a JWK")
    async def key() -> Answer:
        return own_key().public
