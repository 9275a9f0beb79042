"""A stand-in for the platform: real HTTP, envelope, signature, state and faults on demand.

It keeps accounts as the platform would: visits, fees, settlements in cents, reconciliation. Rules
that no source publishes (benefits, order of some calls, texts of refusals) are the simulator's
own and never evidence about the platform. ``python -m hubei_yibao_simulator`` starts it; in tests
the fixtures ``yibao_simulator`` and ``yibao_client`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app as create_app
    from .config import SimulatorConfig as SimulatorConfig
    from .server import SimulatorServer as SimulatorServer

__all__ = ["SimulatorConfig", "SimulatorServer", "create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from .app import create_app

        return create_app
    if name == "SimulatorConfig":
        from .config import SimulatorConfig

        return SimulatorConfig
    if name == "SimulatorServer":
        from .server import SimulatorServer

        return SimulatorServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
