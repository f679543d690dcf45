"""A call's signed evidence over the API, and the key that it is signed with."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Depends, HTTPException, Query

from engine.accounts.evidence_shown import EvidenceShown, KeyShown
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import KEY_FILE, EvidenceError, SigningKey, signing_key
from engine.evidence.vcon import signed_evidence
from engine.web.answers import Routes
from engine.web.forms import call_named, refusals
from engine.web.needs import GivenSettings, NowMs, OpenStore

routes = Routes()


async def own_key(store: OpenStore, settings: GivenSettings) -> SigningKey:
    """The network's key, made if there is none yet; 500 with the reason where it cannot be read."""
    setting = settings.signing_key
    try:
        return signing_key(store.beside(KEY_FILE), setting.get_secret_value() if setting else None)
    except EvidenceError as error:
        raise HTTPException(500, str(error)) from error


OwnKey = Annotated[SigningKey, Depends(own_key)]


@routes.get(
    "/calls/{call}/evidence",
    summary="The signed proof of a call, complete or as a party may see it",
    responses=refusals(400, 404, 409, 500),
)
async def evidence(
    call: str,
    store: OpenStore,
    key: OwnKey,
    now_ms: NowMs,
    audience: Annotated[str, Query(alias="for", description="buyer:NAME or publisher:NAME")] = NETWORK,
) -> EvidenceShown:
    """As `cordboard evidence` writes it; 409 if there is none yet, with the reason."""
    try:
        material = await collect(store, await call_named(store, call))
    except EvidenceError as error:
        raise HTTPException(409, str(error)) from error

    def signed() -> EvidenceShown:
        dossier = dossier_of(material)
        if audience not in dossier.parties:
            raise HTTPException(404, f"no such party in this call: {audience}")
        return EvidenceShown.of(signed_evidence(dossier, key, audience, made_at=now_ms))

    return await asyncio.to_thread(signed)  # thousands of buyers take seconds, and calls go on meanwhile


@routes.get("/key", summary="The public key that evidence is signed with, as a JWK", responses=refusals(500))
async def public_key(key: OwnKey) -> KeyShown:
    return KeyShown.of(key.public)
