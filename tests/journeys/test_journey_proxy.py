"""A call through nginx with the very configuration that docs/deploy/hardening.md gives: TLS, websockets, limits."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from tests.journeys.journey_world import (
    House,
    network,
    open_house,
    signature,
    start_message,
    stream_of,
    voice_form,
)
from tests.waiting import until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = Path("docs/deploy/nginx.conf")
NAME = "calls.example.com"
API_TOKEN = "open sesame"

pytestmark = [pytest.mark.skipif(NGINX is None, reason="nginx isn't installed"), pytest.mark.real_time]


@dataclass
class Proxy:
    """nginx before an engine, and what trusts its certificate."""

    house: House
    port: int
    trusted: ssl.SSLContext
    log: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    async def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """A request to the proxy by its public name."""
        signed = {} if form is None else signature(f"{self.url}{path}", form)
        async with httpx.AsyncClient(verify=self.trusted) as http:
            return await http.request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                data=form,
                headers={"Host": f"{NAME}:{self.port}", **signed, **headers},
                extensions={"sni_hostname": NAME},
            )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(made.public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    return ssl.create_default_context(cafile=str(folder / "fullchain.pem"))


def configured(folder: Path, port: int, house: House, changes: Mapping[str, str]) -> Path:
    """The documented configuration with this test's ports, files, log and `changes`."""
    text = CONFIGURATION.read_text()
    for old, new in {
        "/etc/letsencrypt/live/calls.example.com": str(folder),
        "/var/log/nginx/cordboard.log": str(folder / "access.log"),
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "server 127.0.0.1:8080": f"server {house.engine.http_address}",
        "server 127.0.0.1:8081": f"server {house.engine.media_address}",
        "Host $host": "Host $http_host",  # a port of the test's own
        **changes,
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    whole = folder / "nginx.conf"
    temporary = "\n".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"daemon off; master_process off; pid {folder / 'pid'}; error_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{\n{temporary}\n{text}\n}}\n"
    )
    return whole


@contextlib.asynccontextmanager
async def open_proxy(folder: Path, changes: Mapping[str, str] | None = None) -> AsyncIterator[Proxy]:
    port = free_port()
    trusted = certificate(folder)
    public = {"public_url": f"https://{NAME}:{port}", "api_token": API_TOKEN}
    async with open_house(folder, network(folder / "network"), speed=1.0, **public) as house:
        whole = configured(folder, port, house, changes or {})
        assert NGINX is not None
        server = await asyncio.create_subprocess_exec(
            NGINX, "-c", str(whole), "-p", str(folder), stderr=asyncio.subprocess.PIPE
        )
        try:
            await until(lambda: is_listening(port))
            yield Proxy(house, port, trusted, folder / "access.log")
        finally:
            server.terminate()
            await server.communicate()


def is_listening(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


async def test_a_call_comes_through_with_tls_and_websockets(tmp_path: Path) -> None:
    async with open_proxy(tmp_path) as proxy:
        form = voice_form()
        welcome = await proxy.ask("POST", "/carriers/twilio/voice?zip=78701", form)
        assert welcome.status_code == 200, welcome.text
        url, parameters = stream_of(welcome.text)
        assert url.startswith(f"wss://{NAME}:{proxy.port}/media/twilio")
        socket_ = connect(
            url,
            host="127.0.0.1",
            port=proxy.port,
            ssl=proxy.trusted,
            server_hostname=NAME,
            compression=None,
            additional_headers=signature(url, {}),
            proxy=None,
        )
        async with socket_ as stream:
            await stream.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
            await stream.send(start_message(form["CallSid"], parameters))
            heard = json.loads(await stream.recv())
            assert heard["event"] == "media"
        await proxy.house.quiet()
        shown = await proxy.house.shown()
        assert (shown["from"], shown["path"][:1]) == (form["From"], shown["path"][:1])
        logged = proxy.log.read_text()
        assert '"POST /carriers/twilio/voice" 200' in logged
        assert "78701" not in logged
        assert "/media/" not in logged


async def test_nobody_else_gets_in(tmp_path: Path) -> None:
    async with open_proxy(tmp_path) as proxy:
        for path in ("/healthz", "/metrics", "/openapi.json", "/"):
            assert (await proxy.ask("GET", path)).status_code == 404
        forged = await proxy.ask("POST", "/carriers/twilio/voice", None, **{"X-Forwarded-For": "127.0.0.1"})
        assert forged.status_code == 403
        long = await proxy.ask("POST", "/carriers/twilio/voice", {"x": "y" * 70_000})
        assert long.status_code == 413
        key = {"Authorization": f"Bearer {API_TOKEN}"}
        assert (await proxy.ask("GET", "/api/v1/calls", None, **key)).status_code == 200


async def test_who_is_slow_is_gone(tmp_path: Path) -> None:
    async with open_proxy(tmp_path) as proxy:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", proxy.port, ssl=proxy.trusted, server_hostname=NAME
        )
        writer.write(b"POST /carriers/twilio/voice HTTP/1.1\r\nHost: calls.example.com\r\nContent-Le")
        await writer.drain()
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(30):
                assert await reader.read() == b""
        writer.close()


async def test_who_asks_too_much_is_told_to_wait(tmp_path: Path) -> None:
    async with open_proxy(tmp_path, {"rate=50r/s": "rate=1r/s"}) as proxy:  # no machine is too slow for it
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", proxy.port, ssl=proxy.trusted, server_hostname=NAME
        )
        asked = f"GET /api/v1/key HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {API_TOKEN}\r\n\r\n"
        writer.write(asked.encode() * 300)
        statuses = set()
        while len(statuses) < 2 and (line := await reader.readline()):
            if line.startswith(b"HTTP/1.1 "):
                statuses.add(int(line.split()[1]))
        writer.close()
        assert statuses == {200, 429}
