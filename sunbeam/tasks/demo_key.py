"""The SSH key for VMs of the demo project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sunbeam.cluster.openstack import DEMO
from sunbeam.core.task import Context, Task
from sunbeam.tasks.demo_removal import remove_key
from sunbeam.tasks.openstack_call import call, report_kept

if TYPE_CHECKING:
    from openstack.connection import Connection

KEY = "demo"


class KeyPair(Task):
    """An SSH key for VMs; the private half is in ``/etc/sunbeam/demo.key`` (0600)."""

    id = "key-pair"
    title = "Make an SSH key"
    rehearsable = True

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    async def act(self, context: Context) -> None:
        file = context.paths.etc / "demo.key"
        private = file.read_text() if file.exists() else _new_private_key()
        context.host.write_file(file, private, 0o600)
        public = _public_half(private.encode())
        await call(context, DEMO, lambda cloud: _upload_key(cloud, public))

    async def undo(self, context: Context) -> None:
        kept = await call(context, DEMO, lambda cloud: remove_key(cloud, KEY))
        report_kept(context, kept)
        if not kept:
            context.host.remove(context.paths.etc / "demo.key")


def _new_private_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        .decode()
    )


def _public_half(private: bytes) -> str:
    key = serialization.load_ssh_private_key(private, None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )


def _upload_key(cloud: Connection, public: str) -> None:
    existing = cloud.compute.find_keypair(KEY)
    if existing is not None and existing.public_key.strip() != public:
        cloud.compute.delete_keypair(existing)
        existing = None
    if existing is None:
        cloud.compute.create_keypair(name=KEY, public_key=public)
