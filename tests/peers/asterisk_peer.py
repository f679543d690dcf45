"""A real Asterisk on loopback, with the configuration of our documentation: found, started and stopped.

It lies in a tree of Debian sid at `$CORDBOARD_PEERS/asterisk-sid` (`make peers`), where files of ours are laid for each
start and taken away after it. Whoever runs it has to be root, for chroot.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.waiting import until

ROOT = Path(__file__).parents[2]
OURS = Path(__file__).parent / "asterisk"
PAGE = ROOT / "docs" / "carriers" / "asterisk.md"
PEERS = Path(os.environ.get("CORDBOARD_PEERS", ROOT.parent / "cordboard-peers"))
TREE = PEERS / "asterisk-sid"

_BLOCK = re.compile(r"^`(?P<file>[a-z_]+\.conf)`[^\n]*\n```ini\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def is_installed() -> bool:
    return (TREE / "usr" / "sbin" / "asterisk").exists() and os.geteuid() == 0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def documented() -> Mapping[str, str]:
    """The files of our page, by their names."""
    return {found["file"]: found["text"] for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


@dataclass
class AsteriskPeer:
    """One running Asterisk and what it shares with us. `http_url` and `media_url` are the engine's."""

    http_url: str
    media_url: str
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    sip: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    ari: int = field(default_factory=free_port)
    buyers: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    rtp: int = 36000
    process: asyncio.subprocess.Process | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What the engine is told."""
        return {
            "asterisk_secret": self.secret,
            "asterisk_ari_url": f"http://127.0.0.1:{self.ari}",
            "asterisk_ari_password": self.secret,
            "asterisk_dials": "PJSIP/{digits}@buyers",
        }

    @property
    def name(self) -> str:
        return f"cordboard-{self.sip}"

    @property
    def run(self) -> Path:
        return TREE / "run" / self.name

    @property
    def log(self) -> str:
        return (self.run / "console.log").read_text(encoding="utf-8", errors="replace")

    def lay(self, sounds: Mapping[str, bytes]) -> Path:
        """Its configuration, and sounds (mu-law) that it can play; where that is, as Asterisk sees it."""
        etc = TREE / "etc" / self.name
        sounds_at = TREE / "usr" / "share" / "asterisk" / "sounds"
        for folder in (etc, self.run / "log", self.run / "spool", sounds_at):
            folder.mkdir(parents=True, exist_ok=True)
        places = {
            "@ETC@": f"/etc/{self.name}",
            "@RUN@": f"/run/{self.name}",
            "@SIP@": str(self.sip),
            "@HTTP@": str(self.ari),
            "@BUYERS@": str(self.buyers),
            "@RTP@": str(self.rtp),
            "@RTP_END@": str(self.rtp + 900),
            "http://127.0.0.1:8080": self.http_url,
            "ws://127.0.0.1:8081": self.media_url,
            "THE-SECRET": self.secret,
            "CHANGE-ME": self.secret,
        }
        texts = {path.name: path.read_text(encoding="utf-8") for path in OURS.glob("*.conf")} | documented()
        texts["extensions.conf"] += texts.pop("inbound.conf")
        for name, text in texts.items():
            laid = text
            for place, value in places.items():
                laid = laid.replace(place, value)
            (etc / name).write_text(laid, encoding="utf-8")
        for name, sound in sounds.items():
            (sounds_at / f"{name}.ulaw").write_bytes(sound)
        return Path("/etc") / self.name / "asterisk.conf"

    async def start(self, sounds: Mapping[str, bytes]) -> None:
        configuration = self.lay(sounds)
        with (self.run / "console.log").open("wb") as console:
            self.process = await asyncio.create_subprocess_exec(
                *("chroot", str(TREE), "/usr/sbin/asterisk", "-C", str(configuration), "-f", "-n", "-vvv"),
                stdout=console,
                stderr=console,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        process = self.process
        await until(lambda: "Asterisk Ready" in self.log or process.returncode is not None)
        assert process.returncode is None, self.log[-3000:]

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(10):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        shutil.rmtree(TREE / "etc" / self.name, ignore_errors=True)
        shutil.rmtree(self.run, ignore_errors=True)


@contextlib.asynccontextmanager
async def asterisk(
    peer: AsteriskPeer, sounds: Mapping[str, bytes] | None = None
) -> AsyncIterator[AsteriskPeer]:
    """Running until the block's end."""
    try:
        await peer.start(sounds or {})
        yield peer
    finally:
        await peer.stop()
