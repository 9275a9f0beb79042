"""What the drivers share: the HTTP library that is there, TLS, and faults in words."""

from __future__ import annotations

import select
import ssl
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ..errors import SettingsError
from ..wire import HttpRequest, Progress, WireFault

if TYPE_CHECKING:
    from ..settings import Settings

#: Bodies up to this size leave in one write with their head, bytes.
JOINED = 64 * 1024


def httpcore() -> ModuleType:
    """The connection layer of httpx2, or of httpx where only that is installed."""
    try:
        import httpcore2

        return httpcore2
    except ImportError:
        import httpcore

        return httpcore


def tls(settings: Settings) -> ssl.SSLContext:
    """The TLS context of these settings, shared by all clients that have the same."""
    return _tls(settings.verify_tls, settings.ca_file, settings.client_cert, settings.client_key)


@lru_cache(maxsize=16)
def _tls(verify: bool, ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if ca is not None:
            context.load_verify_locations(ca)
        if cert is not None:
            context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"TLS files cannot be loaded: {type(error).__name__}",
            advice="check ca_file, client_cert and client_key",
        ) from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def pool(cls: Any, settings: Settings, backend: Any, proxy_cls: Any) -> Any:
    """A connection pool of httpcore that never repeats a request: HTTP/1.1, no retries."""
    options: dict[str, Any] = {
        "ssl_context": tls(settings),
        "max_connections": settings.max_connections,
        "max_keepalive_connections": settings.max_connections,
        "keepalive_expiry": settings.keepalive_expiry,
        "retries": 0,
        "network_backend": backend,
    }
    if settings.proxy is None:
        return cls(**options)
    parts = urlsplit(settings.proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise SettingsError("proxy must be an http:// URL", advice="correct `proxy`")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = f"http://{host}:{parts.port or 80}"
    return proxy_cls(proxy_url=url, proxy_auth=auth, **options)


@lru_cache(maxsize=512)
def _target(core: ModuleType, url: str) -> tuple[Any, bytes]:
    host = urlsplit(url).netloc
    return core.URL(url), host.encode("ascii" if host.isascii() else "idna")


def outgoing(core: Any, request: HttpRequest) -> Any:
    """The request in httpcore's words; what is left of the deadline is kept by the network layer."""
    url, host = _target(core, request.url)
    headers = [
        (b"Host", host),
        *((name.encode("latin-1"), value.encode("latin-1"))
          for name, value in request.headers.items()),
        (b"Content-Length", b"%d" % len(request.body)),
    ]  # fmt: skip
    timeouts = {
        "connect": request.connect_seconds,
        "pool": request.seconds,
        "read": request.seconds,
        "write": request.seconds,
    }
    return core.Request(
        request.method, url, headers=headers, content=request.body, extensions={"timeout": timeouts}
    )


def discard_surplus(answer: Any) -> None:
    """Keep a connection from further use if bytes followed the answer that nobody asked for.

    httpcore would hand them to the next call as its answer. What h11 has left is not public; where
    it cannot be seen, the connection is given up.
    """
    try:
        surplus = bool(answer.stream._stream._connection._h11_state.trailing_data[0])
    except AttributeError:
        surplus = True
    if surplus:
        answer.extensions["network_stream"].tainted = True


def readable(descriptor: int) -> bool:
    """On an idle connection: the server has closed it, or sent what nobody asked for."""
    if descriptor < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])


def fault(error: BaseException, state: Progress, seconds: float) -> WireFault:
    """A library's exception as a fault; its text is not passed on, it might quote the request."""
    name = type(error).__name__
    if state.left() == 0:
        return WireFault(f"no complete answer within {seconds:g} s ({name})", sent=state.sent)
    cause = error
    while (beneath := cause.__cause__ or cause.__context__) is not None:
        cause = beneath
    detail = name
    if isinstance(cause, ssl.SSLCertVerificationError):
        detail = f"{name}: certificate not accepted, {cause.verify_message}"
    elif isinstance(cause, OSError) and cause.strerror:
        detail = f"{name}: {cause.strerror}"
    when = "after the request had begun to leave" if state.sent else "before anything was sent"
    return WireFault(f"the connection failed {when} ({detail})", sent=state.sent)
