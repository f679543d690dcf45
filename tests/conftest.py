"""What holds for every test: properties are about values, never about how fast a busy machine finds them."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("cordboard", deadline=None)
settings.load_profile("cordboard")
