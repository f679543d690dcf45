"""Speech vendors by setting: any pipecat service class by its path, with its arguments and settings.

Deepgram, after `pip install 'pipecat-ai[deepgram]'`:

    {"class": "pipecat.services.deepgram.stt.DeepgramSTTService",
     "arguments": {"api_key": "…"},
     "settings": {"model": "nova-3-general", "language": "en-US"}}

Google, after `pip install 'pipecat-ai[google]'`:

    {"class": "pipecat.services.google.stt.GoogleSTTService",
     "arguments": {"credentials_path": "/etc/cordboard/google.json", "location": "us"},
     "settings": {"model": "telephony"}}

A voice alike, Deepgram's or ElevenLabs' (`pip install 'pipecat-ai[elevenlabs]'`) or Google's:

    {"class": "pipecat.services.deepgram.tts.DeepgramTTSService",
     "arguments": {"api_key": "…"},
     "settings": {"voice": "aura-2-helena-en"}}

Or one for each language: {"es": {"class": …}, "*": {"class": …}}, "*" being the rest.

`arguments` go to the class, `settings` to its `Settings`. A vendor that failed is left alone for a minute, so
that the calls of that minute do not each find out for themselves.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from pipecat.frames.frames import TranscriptionFrame
from pipecat.services.ai_service import AIService
from pipecat.services.stt_service import STTService

log = logging.getLogger("cordboard.speech")

ServiceT = TypeVar("ServiceT", bound=AIService)

_REST_S = 60.0


class VendorFailed(Exception):
    """The vendor's service cannot be made or used; the message says what was found and how to mend it."""


@dataclass(slots=True)
class Vendor(Generic[ServiceT]):
    """One vendor for the whole process. `assumed_confidence` is taken where the vendor tells none."""

    kind: type[ServiceT]
    class_path: str
    arguments: Mapping[str, object] = field(default_factory=dict, repr=False)
    settings: Mapping[str, object] = field(default_factory=dict)
    timeout_ms: int = 2000
    """How long after the end of speech a transcript may come."""

    assumed_confidence: float = 0.8
    _rests_until: float = field(default=0.0, repr=False)

    @property
    def name(self) -> str:
        """As evidence names it: deepgram, google, or the class."""
        parts = self.class_path.split(".")
        return parts[2] if parts[:2] == ["pipecat", "services"] and len(parts) > 3 else parts[-1]

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def rest(self, reason: str) -> None:
        """It failed: use it again in a minute."""
        self._rests_until = time.monotonic() + _REST_S
        log.warning(
            "speech vendor %s failed; the default takes over for %g s: %s", self.name, _REST_S, reason
        )

    def make(self) -> ServiceT:
        """A service for one pipeline; raises VendorFailed."""
        found = self.loaded()
        try:
            arguments: dict[str, Any] = dict(self.arguments)
            if self.settings:
                arguments["settings"] = found.Settings(**self.settings)  # type: ignore[attr-defined]
            return found(**arguments)
        except Exception as error:
            # Not the arguments themselves: there are keys among them.
            raise VendorFailed(f"can't create {self.class_path}: {type(error).__name__}: {error}") from error

    def loaded(self) -> type[ServiceT]:
        """The class, which is worth a look when the engine starts; raises VendorFailed."""
        module_path, _, name = self.class_path.rpartition(".")
        try:
            found = getattr(importlib.import_module(module_path), name)
        except Exception as error:  # pipecat raises a bare Exception where a vendor's package is missing
            raise VendorFailed(
                f"can't import {self.class_path} ({error}); "
                "expected the path of a pipecat service, and its package: "
                f"pip install 'pipecat-ai[{self.name}]'"
            ) from error
        if not (isinstance(found, type) and issubclass(found, self.kind)):
            raise VendorFailed(f"{self.class_path} isn't a {self.kind.__name__}")
        return found


def read_recogniser(document: Mapping[str, object], where: str) -> Vendor[STTService]:
    """A setting's JSON as a vendor of recognition; raises ValueError as `read_vendor` does."""
    return read_vendor(STTService, document, where)  # type: ignore[type-abstract]


def vendors_by_language(document: Mapping[str, object], where: str) -> Mapping[str, Mapping[str, object]]:
    """A setting's JSON by language, as `{"es": …}` has it; one for all is under "*". Raises ValueError."""
    if "class" in document:
        return {"*": document}
    found = {}
    for language, one in document.items():
        if not isinstance(one, Mapping):
            raise ValueError(
                f"{where}: found a {type(one).__name__} under {language!r}; "
                'expected {"class": …}, or one for each language: {"es": {"class": …}}'
            )
        found[language.lower()] = one
    return found


def read_vendor(kind: type[ServiceT], document: Mapping[str, object], where: str) -> Vendor[ServiceT]:
    """A setting's JSON as a vendor; raises ValueError with `where`, what was found and what belongs there."""
    unknown = set(document) - {"class", "arguments", "settings", "timeout_ms", "assumed_confidence"}
    class_path = document.get("class")
    arguments, settings = document.get("arguments", {}), document.get("settings", {})
    if unknown:
        raise ValueError(f"{where}: found {sorted(unknown)}; expected class, arguments, settings, timeout_ms")
    if not isinstance(class_path, str) or "." not in class_path:
        raise ValueError(
            f"{where}: found class {class_path!r}; expected a path such as package.module.Service"
        )
    if not isinstance(arguments, Mapping) or not isinstance(settings, Mapping):
        raise ValueError(f"{where}: arguments and settings are objects of names and values")
    timeout_ms, assumed = document.get("timeout_ms", 2000), document.get("assumed_confidence", 0.8)
    if not isinstance(timeout_ms, int) or not 0 < timeout_ms <= 30_000:
        raise ValueError(f"{where}: found timeout_ms {timeout_ms!r}; expected 1 to 30000")
    if not isinstance(assumed, int | float) or not 0 <= assumed <= 1:
        raise ValueError(f"{where}: found assumed_confidence {assumed!r}; expected 0 to 1")
    return Vendor(kind, class_path, arguments, settings, timeout_ms, float(assumed))


def read_alternatives(frame: TranscriptionFrame, assumed: float) -> tuple[tuple[str, float], ...]:
    """Text and confidence of each reading, best first, out of the vendor's own result.

    Deepgram keeps them in result.channel.alternatives, Google in result.alternatives; others have none.
    """
    result: object = frame.result
    holder = _member(result, "channel") or result
    found = []
    readings = _member(holder, "alternatives")
    for reading in readings if readings is not None else ():  # type: ignore[attr-defined]
        text, confidence = _member(reading, "transcript"), _member(reading, "confidence")
        if isinstance(text, str) and text.strip():
            # Google says 0 where it says nothing.
            known = isinstance(confidence, int | float) and 0 < confidence <= 1
            found.append((text.strip(), float(cast("float", confidence)) if known else assumed))
    return tuple(found) or ((frame.text.strip(), assumed),)


def _member(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)
