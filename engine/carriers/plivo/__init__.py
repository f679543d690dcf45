"""Plivo: audio streams, Plivo XML, the Call API, V3 signatures."""
