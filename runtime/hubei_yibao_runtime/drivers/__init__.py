"""Thin shells that send the protocol's requests; picked by settings or injected clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SettingsError

if TYPE_CHECKING:
    from ..settings import Settings
    from ..wire import AsyncDriver, SyncDriver


def sync_driver(settings: Settings, http_client: Any = None) -> SyncDriver:
    """The driver of a sync client; ``http_client`` is an ``httpx2.Client`` or ``httpx.Client``.

    An injected client keeps its own TLS, proxy and pool settings and is not closed by us.
    """
    if http_client is not None:
        from .injected import InjectedDriver

        return InjectedDriver(http_client)
    from .sync import CoreDriver

    return CoreDriver(settings)


def async_driver(settings: Settings, http_client: Any = None) -> AsyncDriver:
    """The driver of an async client.

    ``http_client``: an ``httpx2.AsyncClient``, ``httpx.AsyncClient`` or, with the extra
    ``aiohttp``, an ``aiohttp.ClientSession``. ``settings.driver = "aiohttp"`` builds the latter.
    """
    if http_client is None and settings.driver == "default":
        from .aio import AsyncCoreDriver

        return AsyncCoreDriver(settings)
    if http_client is None or type(http_client).__module__.partition(".")[0] == "aiohttp":
        try:
            from .aiohttp import AiohttpDriver
        except ImportError:
            raise SettingsError(
                "driver 'aiohttp' needs the package aiohttp",
                advice="pip install 'hubei-yibao[aiohttp]'",
            ) from None
        return AiohttpDriver(settings, http_client)
    from .injected import AsyncInjectedDriver

    return AsyncInjectedDriver(http_client)
