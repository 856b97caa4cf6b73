"""Serving the provider over gRPC: in our own process, or as a plugin that tofu started.

In process, core is told where we are by ``TF_REATTACH_PROVIDERS``; the socket lies in a folder only we can
enter.  As a plugin, go-plugin's handshake is one line on standard output; the server's certificate is in it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc

from sunbeam.provider.protocol import CALLS
from sunbeam.provider.service import Provider
from sunbeam.provider.wire import Message, decode, encode

SOURCE = "juju/juju"
PROTOCOL_VERSION = 6
MAGIC_COOKIE = "TF_PLUGIN_MAGIC_COOKIE"
LARGEST_MESSAGE = 256 << 20
OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
]


@asynccontextmanager
async def in_process(provider: Provider) -> AsyncIterator[dict[str, str]]:
    """Serve ``provider`` on this event loop; yields the environment that leads one core to it.

    Use one provider per run of core: an interrupted one stays interrupted.
    """
    with tempfile.TemporaryDirectory(prefix="sunbeam-provider-") as folder:
        socket = f"{folder}/socket"
        server = _server(provider, lambda: None)
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        entry = {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": socket},
        }
        try:
            yield {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: entry})}
        finally:
            await server.stop(1.0)
            await provider.session.close()


async def as_plugin(provider: Provider) -> None:
    """Serve core that started this process, until it asks us to shut down or is gone."""
    done = asyncio.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    parent = os.getppid()
    with tempfile.TemporaryDirectory(prefix="sunbeam-provider-") as folder:
        key, certificate, der = _certificate()
        server = _server(provider, done.set)
        server.add_secure_port(f"unix:{folder}/socket", grpc.ssl_server_credentials([(key, certificate)]))
        await server.start()
        encoded = base64.b64encode(der).decode().rstrip("=")
        print(f"1|{PROTOCOL_VERSION}|unix|{folder}/socket|grpc|{encoded}", flush=True)
        while not done.is_set() and os.getppid() == parent:
            try:
                async with asyncio.timeout(1.0):
                    await done.wait()
            except TimeoutError:
                continue
        await server.stop(0.2)
        await provider.session.close()


def main() -> None:
    """What the launcher in the provider mirror calls."""
    if MAGIC_COOKIE not in os.environ:
        sys.exit("This is a Terraform provider: tofu or terraform starts it, not a person.")
    asyncio.run(as_plugin(Provider()))


def _server(provider: Provider, on_shutdown: Callable[[], None]) -> Any:
    async def shutdown(request: bytes, context: Any) -> bytes:
        on_shutdown()
        return b""

    async def stdio(request: bytes, context: Any) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    server = grpc.aio.server(options=OPTIONS)
    calls = {name: _unary(provider, name, *messages) for name, messages in CALLS.items()}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("tfplugin6.Provider", calls),
            grpc.method_handlers_generic_handler(
                "plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}
            ),
            grpc.method_handlers_generic_handler(
                "plugin.GRPCStdio", {"StreamStdio": grpc.unary_stream_rpc_method_handler(stdio)}
            ),
        )
    )
    return server


def _unary(provider: Provider, name: str, request: Message, response: Message) -> Any:
    async def handle(message: dict[str, Any], context: Any) -> dict[str, Any]:
        return await provider.call(name, message)

    handler: Callable[..., Awaitable[dict[str, Any]]] = handle
    return grpc.unary_unary_rpc_method_handler(
        handler,
        request_deserializer=lambda data: decode(request, data),
        response_serializer=lambda message: encode(response, message),
    )


def _certificate() -> tuple[bytes, bytes, bytes]:
    """A key and a self-signed certificate for one run: (key PEM, certificate PEM, certificate DER)."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate.public_bytes(serialization.Encoding.PEM),
        certificate.public_bytes(serialization.Encoding.DER),
    )


if __name__ == "__main__":
    main()
