"""A small Windows-side service in front of a vendor's component (COM or DLL).

The client posts the platform's complete message to 127.0.0.1; the component is called in a process
of its own, one call at a time. Only the standard library is needed by that process, so that it
runs on a 32-bit Python. Run by ``python -m hubei_yibao_bridge serve --config bridge.toml``.
"""

from __future__ import annotations

from .components import CannotLoad, CannotSend, Component, Unclear

__all__ = ["CannotLoad", "CannotSend", "Component", "Unclear"]
