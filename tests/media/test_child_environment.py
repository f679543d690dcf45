"""Programs that we start get what they need, and no secret, however it is called."""

from __future__ import annotations

import asyncio
import sys

from engine.media.child_environment import child_environment

SECRETS = {
    "CORDBOARD_API_TOKEN": "a",
    "CORDBOARD_TWILIO_AUTH_TOKEN": "b",
    "CORDBOARD_SECRET_CRM": "c",
    "CORDBOARD_DB": "postgresql://ann:s3cret@host/calls",
    "DATABASE_URL": "postgresql://ann:s3cret@host/calls",
    "DEEPGRAM_API_KEY": "d",
    "AWS_SECRET_ACCESS_KEY": "e",
    "PGPASSWORD": "f",
    "SOMEBODYS_NEXT_CREDENTIAL": "g",
    "SSH_AUTH_SOCK": "h",
}
NEEDED = {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "PYTHONPATH": "x", "OMP_NUM_THREADS": "1"}


def test_a_child_gets_what_it_needs_and_nothing_else() -> None:
    assert child_environment({**SECRETS, **NEEDED}) == NEEDED


async def test_a_child_that_runs_on_it_sees_no_secret() -> None:
    script = "import os; print(sorted(os.environ))"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), stdout=asyncio.subprocess.PIPE, env=child_environment(SECRETS)
    )
    said, _ = await child.communicate()
    assert child.returncode == 0
    assert not [name for name in SECRETS if name.encode() in said]
