"""The operator's own sound files: `{audio: audio/welcome.wav, text: "Thanks for calling."}` for a prompt.

A file that a prompt names is part of the revision: its content is kept with the YAML, as text (base64), so
that its bytes count in the revision's hash and a call keeps the sound that it began with.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.core.prompts import Prompt, Words
from engine.core.wav import UnreadableSound, parse_wav
from engine.language.folder import content_of, own_file
from engine.language.mistakes import Mistakes
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at

SOUND_SUFFIX = ".wav"
MOST_BYTES = 32 << 20

_NAMED = re.compile(r"""\baudio:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s,}#"']+))""")


def kept_sounds(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """The sound files that prompts name, by their path in the folder, as a revision keeps them."""
    kept = {}
    for name, text in files.items():
        for match in _NAMED.finditer(text) if name.endswith(".yaml") else ():
            path = _path_of(name, match[1] or match[2] or match[3])
            file = own_file(folder, folder / path) if path.endswith(SOUND_SUFFIX) else None
            content = None if file is None else _content_of(file)
            if content is not None:
                kept[path] = base64.b64encode(content).decode("ascii")
    return dict(sorted(kept.items()))


def _content_of(file: Path) -> bytes | None:
    try:
        return content_of(file, MOST_BYTES)
    except OSError:  # as one that isn't there: the prompt that names it is refused
        return None


def sounds_of(files: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Digest and content of every sound of a revision."""
    for name, text in files.items():
        if name.endswith(SOUND_SUFFIX):
            content = base64.b64decode(text)
            yield hashlib.sha256(content).hexdigest(), content


def recorded_prompt(document: Document, path: Pointer, language: str, mistakes: Mistakes) -> Prompt | None:
    """The prompt that a sound file says; None, with the mistake, where it cannot be played."""
    audio, text = text_at(document, (*path, "audio")), text_at(document, (*path, "text"))
    if not audio or not text:
        return None  # the schema has said so
    place = document.place((*path, "audio"))
    if "{{" in text:
        cure = "put the value in its own prompt, without 'audio'"
        mistakes.error(document.place((*path, "text")), "a sound file can't speak values", cure=cure)
        return None
    kept = document.sounds.get(_path_of(document.name, audio))
    if kept is None:
        expected = (
            "a WAV file of at most 32 MiB inside the network's folder, with a path relative to this file"
        )
        mistakes.error(place, f"sound file '{audio}' doesn't exist", expected=expected)
        return None
    try:
        content = base64.b64decode(kept, validate=True)
        parse_wav(content, audio)
    except (UnreadableSound, binascii.Error) as problem:
        mistakes.error(place, str(problem))
        return None
    return Prompt(text, (Words(text, hashlib.sha256(content).hexdigest()),), language)


def _path_of(name: str, audio: str) -> str:
    """The file's path in the folder, from the YAML file's own."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), audio))
