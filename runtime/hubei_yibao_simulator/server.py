"""The simulator behind a real socket: in a thread of this process."""

from __future__ import annotations

import socket
import threading
from asyncio import Transport
from collections.abc import Callable
from typing import Any

import uvicorn
from hubei_yibao_runtime.interface import Registry
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import create_app
from .config import SimulatorConfig
from .faults import TRANSPORT


class FaultyProtocol(H11Protocol):
    """Hands the connection's transport to the application, so that faults can break it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, TRANSPORT: transport}
        super().connection_made(transport)


def uvicorn_config(app: Any, **options: Any) -> uvicorn.Config:
    """Settings of uvicorn that the faults rely on."""
    values: dict[str, Any] = {
        "http": FaultyProtocol,
        "loop": "asyncio",
        "ws": "none",
        "log_level": "warning",
        "access_log": False,
        "timeout_graceful_shutdown": 1,
    }
    return uvicorn.Config(app, **{**values, **options})


class SimulatorServer:
    """Runs a simulator on a port of this host until ``stop``.

    ``start`` after ``stop`` serves again on the same port; with a database file the books go on
    where they were. Usable as a context manager.
    """

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        registry: Registry | None = None,
    ) -> None:
        self.config = config or SimulatorConfig()
        self.host = host
        self.port = port
        self.registry = registry
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """Keyword arguments for the client's ``Settings``."""
        return self.config.client_settings(self.url)

    def start(self) -> SimulatorServer:
        """Returns when the port accepts connections; raises OSError if it is taken."""
        # asyncio turns Nagle's delay off only where the protocol is named
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        app = create_app(self.config, self.registry)
        self._server = uvicorn.Server(uvicorn_config(app))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True
        )
        self._thread.start()
        self._wait(lambda: self._server is not None and self._server.started)
        return self

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(10)
        self._server = self._thread = None

    def _wait(self, ready: Callable[[], bool]) -> None:
        pause = threading.Event()
        while not ready():
            if self._thread is None or not self._thread.is_alive():
                raise RuntimeError("the simulator did not start")
            pause.wait(0.01)

    def __enter__(self) -> SimulatorServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
