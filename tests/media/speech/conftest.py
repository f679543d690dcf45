"""Imported before any test here that imports pipecat itself: the engine's package does so quietly."""

import engine.media.speech  # noqa: F401
