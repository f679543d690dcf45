"""Telnyx: media streaming, the Call Control API, Ed25519 signatures."""
