"""Who may ask: nobody from another host, without the token, or from a web page."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from bridge.parts import calls
from bridge.service import TOKEN, Service, message


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bridge")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    instance = (
        '[instances.main]\nkind = "python"\nfactory = "bridge.parts:Recorder"\n'
        f"settings = {{ folder = {json.dumps(str(folder))} }}\n"
    )
    running = Service(folder, instance, largest_request=100_000)
    yield running
    running.stop()


NET = Path("/proc/net")
CALL = ("POST", "/v1/main/2207", message("2207", n=1))
BIG = message("2207", filler="x" * 200_000)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {"authorization": None}),
        (401, {"authorization": "Bearer " + "x" * len(TOKEN)}),
        (401, {"authorization": TOKEN}),
        (401, {"authorization": f"Basic {TOKEN}"}),
        (401, {"authorization": f"Bearer {TOKEN}"[:-1]}),
        (403, {"origin": "http://evil.example"}),
        (403, {"origin": "null"}),
        (403, {"sec-fetch-site": "cross-site"}),
        (421, {"host": "evil.example"}),
        (421, {"host": "127.0.0.1"}),
        (421, {"host": "127.0.0.1.evil.example"}),
        (415, {"content-type": "text/plain"}),
        (415, {"content-type": None}),
        (415, {"content-type": "application/json; charset=gbk"}),
        (415, {"content-encoding": "gzip"}),
    ],
)
def test_a_request_of_the_wrong_kind_is_refused(
    service: Service, folder: Path, status: int, headers: dict[str, str | None]
) -> None:
    before = calls(folder)
    answer = service.ask(*CALL, headers)
    assert answer.status == status
    assert answer.json["code"] == status
    assert answer.json["message"]
    assert not any(name.lower().startswith("access-control") for name in answer.headers)
    assert calls(folder) == before


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        (404, "POST", "/", CALL[2]),
        (404, "POST", "/v1/other/2207", CALL[2]),
        (404, "POST", "/v1/main/", CALL[2]),
        (404, "POST", "/v1/main/2207/../2208", CALL[2]),
        (405, "GET", "/v1/main/2207", None),
        (405, "PUT", "/v1/main/2207", CALL[2]),
        (405, "POST", "/v1/status", CALL[2]),
        (400, "POST", "/v1/main/2208", CALL[2]),
        (400, "POST", "/v1/main/2207", b""),
        (400, "POST", "/v1/main/2207", b'{"infno": "2207"'),
        (400, "POST", "/v1/main/2207", b'["2207"]'),
        (400, "POST", "/v1/main/2207", b'{"infno": "2207"}'),
        (400, "POST", "/v1/main/2207", message("2207", name="张").decode().encode("gbk")),
        (400, "POST", "/v1/main/2207", b"[" * 90_000),
        (413, "POST", "/v1/main/2207", BIG),
    ],
)
def test_a_request_for_nothing_or_without_a_message_is_refused(
    service: Service, folder: Path, status: int, method: str, path: str, body: bytes | None
) -> None:
    before = calls(folder)
    assert service.ask(method, path, body).status == status
    assert calls(folder) == before


def test_a_message_without_a_stated_length_is_limited_too(service: Service, folder: Path) -> None:
    before = calls(folder)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BIG[:90_000], BIG[90_000:]))
    connection = service.connect()
    connection.putrequest("POST", "/v1/main/2207")
    for name, value in (("authorization", f"Bearer {TOKEN}"), ("content-type", "application/json"),
                        ("transfer-encoding", "chunked")):  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(chunks + b"0\r\n\r\n")
    assert connection.getresponse().status == 413
    connection.close()
    assert calls(folder) == before


def test_two_host_or_two_token_headers_are_refused(service: Service) -> None:
    for name, value in (
        ("host", f"127.0.0.1:{service.port}"),
        ("authorization", f"Bearer {TOKEN}"),
    ):
        connection = service.connect()
        connection.putrequest("POST", "/v1/main/2207")
        for header in (("content-type", "application/json"), ("content-length", "2"),
                       ("authorization", f"Bearer {TOKEN}"), (name, value)):  # fmt: skip
            connection.putheader(*header)
        connection.endheaders(b"{}")
        assert 400 <= connection.getresponse().status < 500
        connection.close()


def test_a_forwarded_for_header_changes_nothing(service: Service) -> None:
    """The token decides; nobody is believed to be someone else."""
    assert service.ask(*CALL, {"x-forwarded-for": "10.0.0.1"}).status == 200
    assert service.ask(*CALL, {"x-forwarded-for": "127.0.0.1", "authorization": None}).status == 401


def test_it_listens_on_the_loopback_address_only(service: Service) -> None:
    """Another host reaches this one by another address, and nobody listens there."""
    # all of 127.0.0.0/8 is this host, and yet not the address it is bound to
    for address in ("127.0.0.2", *outward_addresses()):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, service.port), timeout=5)
    socket.create_connection(("127.0.0.1", service.port), timeout=5).close()
    listening = [line.split()[1] for name in ("tcp", "tcp6") if (file := NET / name).exists()
                 for line in file.read_text().splitlines()[1:] if line.split()[3] == "0A"]  # fmt: skip
    assert [at for at in listening if at.endswith(f":{service.port:04X}")] == [
        f"0100007F:{service.port:04X}"
    ]


def outward_addresses() -> list[str]:
    """The address other hosts know this one by; none without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, only picks the address
        except OSError:
            return []
        return [probe.getsockname()[0]]


def test_the_status_needs_the_token_too(service: Service) -> None:
    assert service.ask("GET", "/v1/status", None, {"authorization": None}).status == 401
    assert service.status()["state"] == "ready"


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"POST /v1/main/2207 HTTP/1.0\r\n\r\n",
        b"POST /v1/main/2207 HTTP/1.1\r\nhost: " + b"x" * 100_000,
        b"POST /v1/main/2207 HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/main/2207 HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST http://127.0.0.1/v1/main/2207 HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\n\r\n",
        bytes(range(256)) * 40,
    ],
)  # fmt: skip
def test_noise_on_the_port_calls_nothing(service: Service, folder: Path, noise: bytes) -> None:
    before = calls(folder)
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as wire:
        wire.sendall(noise)
        wire.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while piece := wire.recv(65536):
                answer += piece
    assert not answer.startswith(b"HTTP/1.1 200")
    assert calls(folder) == before
    assert service.status()["state"] == "ready"


def test_after_all_refusals_a_proper_call_goes_through(service: Service) -> None:
    answer = service.call("2207", name="张三")
    assert answer.status == 200
    assert answer.json["output"]["data"] == {"name": "张三"}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_the_log_names_calls_without_their_content(service: Service) -> None:
    service.call("2207", name="张三")
    log = service.log.read_text("utf-8")
    assert "main 2207 T2207: 200" in log
    assert "张三" not in log
    assert TOKEN not in log
