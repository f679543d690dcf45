"""A recording's file: 16-bit WAV while the call lasts, so that a killed engine leaves a file to keep.

It is called `NAME.part` until it is whole. Sound is written at its place in time; places never written are
silence, and a place may be silenced later. Every write also brings the header up to date. At the end it is
synced, turned into FLAC where that is wanted, and renamed. Everything here blocks.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from engine.media import mulaw

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_LOW, _HIGH = (
    bytes(mulaw.decode(bytes([code]))[0] >> shift & 0xFF for code in range(256)) for shift in (0, 8)
)
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording that nothing will be added to."""

    path: str
    """Relative to the recordings' folder."""

    format: str
    sha256: str
    bytes: int
    duration_ms: int


def whole_wav(sound: bytes) -> bytes:
    """A file of one channel that holds this much mu-law: what `write_whole` writes."""
    return _header(1, 2 * len(sound)) + _interleaved((sound,))


def write_whole(folder: Path, path: str, sound: bytes) -> Finished:
    """Write mu-law of one channel that is all there already; raises OSError."""
    file = RecordingFile(folder, path, 1)
    try:
        file.create()
        file.write(0, sound)
    except OSError:
        file.abandon()
        raise
    return file.finish("wav")


def can_write_flac() -> bool:
    return find_spec("soundfile") is not None


def part_of(path: Path) -> Path:
    """What the file is called until it is whole."""
    return path.with_name(path.name + ".part")


class RecordingFile:
    """One open recording of one or two channels."""

    def __init__(self, folder: Path, path: str, channels: int) -> None:
        self._folder = folder
        self.path = path
        self._channels = channels
        self._handle: int | None = None
        self._size = 0

    def create(self) -> None:
        part = part_of(self._folder / self.path)
        part.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._write_at(0, _header(self._channels, 0))

    def write(self, at_ms: int, *tracks: bytes) -> None:
        """mu-law of each channel, equally long, from then on."""
        pcm = _interleaved(tracks)
        at = self._place(at_ms)
        self._write_at(at, pcm)
        self._size = max(self._size, at - _HEADER.size + len(pcm))
        self._write_at(0, _header(self._channels, self._size))

    def silence(self, from_ms: int, until_ms: int) -> None:
        """Silence what was written of this span."""
        at, end = self._place(from_ms), min(self._place(until_ms), _HEADER.size + self._size)
        if end > at:
            self._write_at(at, bytes(end - at))

    def finish(self, format_: str) -> Finished:
        """Make it whole: nothing can be written after this."""
        handle, self._handle = self._handle, None
        if handle is not None:
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return finish(self._folder, self.path, format_)

    def abandon(self) -> None:
        """Let go of it as it is."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _place(self, at_ms: int) -> int:
        return _HEADER.size + at_ms * mulaw.RATE_HZ // 1000 * 2 * self._channels

    def _write_at(self, at: int, content: bytes) -> None:
        assert self._handle is not None, "written to before it was made, or after its end"
        while content:
            written = os.pwrite(self._handle, content, at)
            at, content = at + written, content[written:]


def finish(folder: Path, path: str, format_: str) -> Finished:
    """Make what stands in the `.part` file whole, whoever wrote it; raises OSError where there is none.

    FLAC is made where it is wanted and can be made; else it stays a WAV, and is named so.
    """
    part = part_of(folder / path)
    duration_ms = _mend(part)
    if format_ == "flac" and can_write_flac():
        done = _as_flac(part)
    else:
        done, format_ = part, "wav"
    final = Path(path).with_suffix(f".{format_}")
    digest, size = _digest(done)
    done.replace(folder / final)
    if done != part:
        part.unlink(missing_ok=True)  # whoever was forgotten meanwhile
    _sync_folder((folder / final).parent)
    return Finished(final.as_posix(), format_, digest, size, duration_ms)


def silence_part(folder: Path, path: str, spans: Iterable[tuple[int, int]]) -> None:
    """Silence spans of milliseconds in a `.part` file, whoever wrote it."""
    part = part_of(folder / path)
    with part.open("r+b") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        frame = 2 * int(_HEADER.unpack(header)[6])
        end = file.seek(0, os.SEEK_END)
        for since, until in spans:
            first, last = (
                min(_HEADER.size + ms * mulaw.RATE_HZ // 1000 * frame, end) for ms in (since, until)
            )
            file.seek(first)
            file.write(bytes(max(0, last - first)))


def _mend(part: Path) -> int:
    """Make the header say what is there; how many milliseconds that is."""
    with part.open("r+b") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise OSError(f"{part}: it has no sound; its engine stopped before anything was written")
        channels = int(_HEADER.unpack(header)[6])
        frame = 2 * channels
        size = (file.seek(0, os.SEEK_END) - _HEADER.size) // frame * frame
        file.truncate(_HEADER.size + size)
        file.seek(0)
        file.write(_header(channels, size))
        file.flush()
        os.fsync(file.fileno())
    return size // frame * 1000 // mulaw.RATE_HZ


def _as_flac(part: Path) -> Path:
    import soundfile

    flac = part.with_name(part.name + ".flac")
    os.close(os.open(flac, os.O_WRONLY | os.O_CREAT, 0o600))  # whatever the umask of what writes it
    with soundfile.SoundFile(part) as wav:
        channels = wav.channels
        with soundfile.SoundFile(flac, "w", mulaw.RATE_HZ, channels, "PCM_16", format="FLAC") as file:
            for block in wav.blocks(blocksize=_PIECE, dtype="int16"):
                file.write(block)
    with flac.open("rb") as written:
        os.fsync(written.fileno())
    return flac


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _header(channels: int, size: int) -> bytes:
    frame = 2 * channels
    rate_hz = mulaw.RATE_HZ
    return _HEADER.pack(
        *(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, channels, rate_hz, rate_hz * frame, frame, 16),
        *(b"data", size),
    )


def _interleaved(tracks: tuple[bytes, ...]) -> bytes:
    step = 2 * len(tracks)
    pcm = bytearray(len(tracks[0]) * step)
    for channel, track in enumerate(tracks):
        pcm[2 * channel :: step] = track.translate(_LOW)
        pcm[2 * channel + 1 :: step] = track.translate(_HIGH)
    return bytes(pcm)
