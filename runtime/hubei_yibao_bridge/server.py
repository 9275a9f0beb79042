"""The service: a listener on the loopback address, the apartments, uvicorn between them."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

import uvicorn

from .apartment import Apartment
from .app import BridgeApp
from .config import LOOPBACK, MIB, Bridge, ConfigError, load, read_token

_GRACE_SECONDS = 20  #: for the running calls when the service is stopped
_KEEP_ALIVE_SECONDS = 75  #: longer than the client keeps idle connections, so that it closes first


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1; raises ConfigError if the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows SO_REUSEADDR would let another program share the port.
    if sys.platform == "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"port {port}: {type(error).__name__}, is it taken?") from None
    listener.listen(1024)
    return listener


def log_to(bridge: Bridge, folder: Path) -> None:
    """Lines with time, instance, number, msgid and outcome; never a message."""
    handler: logging.Handler = logging.StreamHandler()
    if bridge.log_file:
        path = folder / bridge.log_file
        handler = RotatingFileHandler(path, maxBytes=10 * MIB, backupCount=5, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("hubei_yibao_bridge", logging.INFO), ("uvicorn", logging.WARNING)):
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(level)


class _Server(uvicorn.Server):
    """Tells waiting callers that nothing was sent before it waits for the running calls."""

    def __init__(self, config: uvicorn.Config, apartments: Sequence[Apartment]) -> None:
        super().__init__(config)
        self._apartments = apartments

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for apartment in self._apartments:
            apartment.refuse()
        await super().shutdown(sockets)


def serve(file: Path) -> None:
    """Serve until the process is asked to end; raises ConfigError."""
    bridge = load(file)
    token = read_token(bridge.token_file)
    log_to(bridge, file.parent)
    listener = listen(bridge.port)
    port = listener.getsockname()[1]
    apartments = {name: Apartment(instance) for name, instance in bridge.instances.items()}
    app = BridgeApp(bridge, token, apartments, port)
    config = uvicorn.Config(
        app, http="h11", ws="none", loop="asyncio", lifespan="off",
        # its own set-up asks for a terminal, and pythonw has none
        log_config=None,
        access_log=False, proxy_headers=False, server_header=False, date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=_GRACE_SECONDS,
    )  # fmt: skip
    # uvicorn raises the signal again when it is done; then the processes are still to be ended
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for apartment in apartments.values():
        apartment.start()
    if sys.stdout is not None:  # pythonw has none
        print(f"http://{LOOPBACK}:{port}", flush=True)
    try:
        _Server(config, list(apartments.values())).run(sockets=[listener])
    finally:
        for apartment in apartments.values():
            apartment.close(grace=0)
