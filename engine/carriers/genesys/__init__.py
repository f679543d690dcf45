"""Genesys Cloud: AudioHook streams of the Audio Connector, HTTP message signatures."""
