"""Bandwidth: media streams, BXML, webhooks proven by a name and a password."""
