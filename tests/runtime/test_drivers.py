"""The drivers: TLS, proxies, redirects, the older library, injected clients."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import trustme
from fault_server import OK, FaultServer, answering, at_once, response
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.drivers import async_driver, sync_driver
from hubei_yibao_runtime.errors import GatewayRefused, NotSent, YibaoError
from hubei_yibao_runtime.settings import Settings
from hubei_yibao_runtime.wire import Body, HttpRequest, WireFault
from wire_fixture import INPUT, REGISTRY, settings

ROOT = Path(__file__).parents[2]
Call = Callable[[Settings], Any]


def call_sync(chosen: Settings, client: Any = None) -> Any:
    with SyncClient(chosen, registry=REGISTRY, http_client=client) as yibao:
        return yibao.call("W207", INPUT)


def call_async(chosen: Settings, make: Callable[[], Any] | None = None) -> Any:
    async def go() -> Any:
        client = make() if make else None
        async with AsyncBaseClient(chosen, registry=REGISTRY, http_client=client) as yibao:
            return await yibao.call("W207", INPUT)

    return asyncio.run(go())


def call_aiohttp(chosen: Settings) -> Any:
    return call_async(chosen.model_copy(update={"driver": "aiohttp"}))


OWN: dict[str, Call] = {"sync": call_sync, "async": call_async, "aiohttp": call_aiohttp}


@pytest.fixture(params=list(OWN))
def call(request: pytest.FixtureRequest) -> Call:
    return OWN[request.param]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def server_tls(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_tls_with_a_private_authority(
    call: Call, authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    with FaultServer(answering(response(OK)), server_tls(authority)) as server:
        assert call(settings(tmp_path, server.url, ca_file=ca_file)).infcode == "0"


def test_a_certificate_for_another_host_is_named(
    call: Call, authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    context = server_tls(authority, "other.example")
    with FaultServer(answering(response(OK)), context) as server:
        with pytest.raises(NotSent, match="certificate not accepted"):
            call(settings(tmp_path, server.url, ca_file=ca_file))
        assert server.heads == 0


def test_checking_can_be_switched_off_with_a_warning(
    call: Call, authority: trustme.CA, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultServer(answering(response(OK)), server_tls(authority)) as server:
        assert call(settings(tmp_path, server.url, verify_tls=False)).infcode == "0"
    assert "certificates are not checked" in caplog.text


def test_a_client_certificate_is_shown(
    call: Call, authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    context = server_tls(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    mine = authority.issue_cert("hospital.example")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    mine.cert_chain_pems[0].write_to_path(str(cert))
    mine.private_key_pem.write_to_path(str(key))
    with FaultServer(answering(response(OK)), context) as server:
        chosen = settings(tmp_path, server.url, ca_file=ca_file, client_cert=cert, client_key=key)
        assert call(chosen).infcode == "0"


def _proxy(status: bytes) -> Any:
    """A proxy that answers CONNECT with ``status`` and, if it is 200, passes bytes through."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        server.paths.append(head.split(b" ")[1].decode())
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if not status.startswith(b"200"):
            return
        host, _, port = server.paths[-1].partition(":")
        with socket.create_connection((host, int(port))) as onward:
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)

    return behave


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        return


def test_through_a_proxy(call: Call, authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    with (
        FaultServer(answering(response(OK)), server_tls(authority)) as server,
        FaultServer(_proxy(b"200 go")) as proxy,
    ):
        chosen = settings(
            tmp_path, server.url, ca_file=ca_file, proxy=f"http://127.0.0.1:{proxy.port}"
        )
        assert call(chosen).infcode == "0"
        assert proxy.paths == [f"127.0.0.1:{server.port}"]
        assert server.full == 1


@pytest.mark.parametrize("status", [b"403 no", b"502 bad", b"407 who"])
def test_a_proxy_that_refuses_is_not_sent(
    call: Call, authority: trustme.CA, ca_file: Path, tmp_path: Path, status: bytes
) -> None:
    with (
        FaultServer(answering(response(OK)), server_tls(authority)) as server,
        FaultServer(_proxy(status)) as proxy,
    ):
        chosen = settings(
            tmp_path, server.url, ca_file=ca_file, proxy=f"http://127.0.0.1:{proxy.port}"
        )
        with pytest.raises(NotSent):
            call(chosen)
        assert server.heads == 0


def test_a_proxy_that_hangs_is_not_sent(call: Call, tmp_path: Path) -> None:
    with FaultServer(at_once("hang")) as proxy:
        chosen = settings(
            tmp_path, "https://127.0.0.1:9/x", proxy=f"http://127.0.0.1:{proxy.port}", timeout=0.3
        )
        with pytest.raises(NotSent):
            call(chosen)


def test_a_resolver_that_hangs_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one fault no socket here can play: the system's resolver is replaced."""
    freed = threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        freed.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(NotSent, match=r"within 0\.3 s"):
        call_sync(settings(tmp_path, "http://platform.example/x", timeout=0.3))
    freed.set()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_the_environments_proxy_is_not_used(
    call: Call, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with FaultServer(answering(response(OK))) as server:
        assert call(settings(tmp_path, server.url)).infcode == "0"


def test_a_redirect_is_never_followed_even_by_a_client_that_would(tmp_path: Path) -> None:
    with (
        FaultServer(answering(response(OK))) as target,
        FaultServer(answering(response(b"", 307, f"Location: {target.url}\r\n"))) as server,
    ):
        chosen = settings(tmp_path, server.url)
        for client in (
            None,
            httpx.Client(follow_redirects=True),
            httpx2.Client(follow_redirects=True),
        ):
            with pytest.raises(GatewayRefused, match="redirected"):
                call_sync(chosen, client)
        for make in (None, lambda: httpx.AsyncClient(follow_redirects=True)):
            with pytest.raises(GatewayRefused, match="redirected"):
                call_async(chosen, make)
        assert target.heads == 0


def test_an_injected_client_keeps_open_and_its_cookies_and_auth_to_itself(tmp_path: Path) -> None:
    cookie = response(OK, headers="Set-Cookie: session=1\r\n")
    with FaultServer(answering(cookie)) as server:
        client = httpx.Client(auth=("user", "pass"))
        for _ in range(2):
            assert call_sync(settings(tmp_path, server.url), client).infcode == "0"
        assert not client.is_closed
        assert all("authorization" not in headers for headers in server.headers)
        assert all("cookie" not in headers for headers in server.headers)
        client.close()


def test_an_injected_transport_without_a_trace(tmp_path: Path) -> None:
    def fail(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
        def handler(request: httpx.Request) -> httpx.Response:
            raise error

        return handler

    for error, outcome in (
        (httpx.ConnectError("x"), "not_sent"),
        (httpx.PoolTimeout("x"), "not_sent"),
        (httpx.ReadTimeout("x"), "unknown"),
        (httpx.WriteError("x"), "unknown"),
        (ValueError("x"), "unknown"),
    ):
        client = httpx.Client(transport=httpx.MockTransport(fail(error)))
        with pytest.raises(YibaoError) as caught:
            call_sync(settings(tmp_path), client)
        assert caught.value.outcome == outcome, error


def test_an_injected_aiohttp_session(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server:
        seen: list[bool] = []

        async def go() -> None:
            async with aiohttp.ClientSession() as session:
                chosen = settings(tmp_path, server.url)
                async with AsyncBaseClient(chosen, registry=REGISTRY, http_client=session) as yibao:
                    assert (await yibao.call("W207", INPUT)).infcode == "0"
                seen.append(session.closed)

        asyncio.run(go())
        assert seen == [False]


def test_with_plain_httpx_only(tmp_path: Path) -> None:
    """Where httpx2 is not installed the same driver runs on httpx's connection layer."""
    program = (
        "import sys\n"
        "sys.modules['httpx2'] = sys.modules['httpcore2'] = None\n"
        "from pathlib import Path\n"
        "from hubei_yibao_runtime.client import SyncClient, AsyncBaseClient\n"
        "from wire_fixture import INPUT, REGISTRY, settings\n"
        "import asyncio\n"
        "chosen = settings(Path(sys.argv[1]), sys.argv[2])\n"
        "with SyncClient(chosen, registry=REGISTRY) as yibao:\n"
        "    assert yibao.call('W207', INPUT).infcode == '0'\n"
        "async def go():\n"
        "    async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:\n"
        "        assert (await yibao.call('W207', INPUT)).infcode == '0'\n"
        "asyncio.run(go())\n"
        "assert 'httpcore' in sys.modules\n"
    )
    paths = [str(ROOT / "runtime"), str(ROOT / "tests")]
    with FaultServer(answering(response(OK))) as server:
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n" + program,
             str(tmp_path), server.url],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert server.full == 2


@pytest.mark.parametrize("kind", ["sync", "default", "aiohttp"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_connection_is_kept_and_reused(kind: str, chunked: bool) -> None:
    connections = []
    answer = response(OK)
    if chunked:
        answer = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"

    def behave(server: FaultServer, connection: socket.socket) -> None:
        connections.append(connection)
        answering(answer)(server, connection)

    async def several(request: HttpRequest) -> None:
        driver = async_driver(Settings(driver=kind))
        for _ in range(5):
            await driver.send(request)
        await driver.close()

    with FaultServer(behave) as server:
        request = HttpRequest("POST", server.url, {}, b"{}", 5, 2, 10_000)
        if kind == "sync":
            driver = sync_driver(Settings())
            for _ in range(5):
                driver.send(request)
            driver.close()
        else:
            asyncio.run(several(request))
    assert len(connections) == 1


def test_a_full_pool_is_not_sent(tmp_path: Path) -> None:
    async def go(server: FaultServer) -> list[Any]:
        chosen = settings(tmp_path, server.url, max_connections=1, timeout=0.4)
        async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
            calls = (yibao.call("W207", INPUT) for _ in range(3))
            return await asyncio.gather(*calls, return_exceptions=True)

    def behave(server: FaultServer, connection: socket.socket) -> None:
        server.request(connection)
        server.stopped.wait(20)

    with FaultServer(behave) as server:
        outcomes = sorted(error.outcome for error in asyncio.run(go(server)))
        assert len(set(server.msgids())) == server.full
        assert outcomes.count("unknown") == server.full


def test_headers_as_sent(tmp_path: Path, call: Call) -> None:
    profile = {"name": "t", "source": "t", "headers": {"X-Own": "1"}, "content_type": "text/plain"}
    with FaultServer(answering(response(OK))) as server:
        call(settings(tmp_path, server.url, profile=profile))
        headers = server.headers[0]
        assert headers["content-type"] == "text/plain"
        assert headers["x-own"] == "1"
        assert headers["host"] == f"127.0.0.1:{server.port}"
        assert int(headers["content-length"]) == len(server.bodies[0])
        assert "transfer-encoding" not in headers


def test_closing_an_unused_async_driver() -> None:
    async def go() -> None:
        for name in ("default", "aiohttp"):
            await async_driver(Settings(driver=name)).close()

    asyncio.run(go())


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_body_within_the_limit(size: int) -> None:
    body = Body({}, 100, 200)
    body.feed(b"x" * size)
    assert body.finish() == b"x" * size


def test_a_body_over_the_limit() -> None:
    body = Body({}, 100, 200)
    with pytest.raises(WireFault, match="larger than 100 bytes"):
        body.feed(b"x" * 101)
    with pytest.raises(WireFault, match="larger than 100 bytes"):
        Body({"content-length": "101"}, 100, 200)
