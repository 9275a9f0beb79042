"""``doctor``: says in Chinese, line by line, what is right and what to correct."""

from __future__ import annotations

import http.client
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .config import LOOPBACK, Bridge, ConfigError, Instance, load, read_token
from .process import CannotStart, Process
from .server import listen

_PROBE = "import struct, sys; print(struct.calcsize('P') * 8, sys.version.split()[0])"
_PROBE_SECONDS = 30


class Line(NamedTuple):
    level: str  #: 正常, 注意, 错误
    text: str


def ok(text: str) -> Line:
    return Line("正常", text)


def note(text: str) -> Line:
    return Line("注意", text)


def wrong(text: str) -> Line:
    return Line("错误", text)


def examine(file: Path, call: Path | None) -> int:
    """Print the findings; 1 if one of them is an error."""
    bad = False
    for line in _lines(file, call):
        print(f"[{line.level}] {line.text}", flush=True)
        bad |= line.level == "错误"
    return int(bad)


def _lines(file: Path, call: Path | None) -> Iterator[Line]:
    bits = struct.calcsize("P") * 8
    yield ok(f"服务所用 Python {sys.version.split()[0]}，{bits} 位，{sys.platform}")
    try:
        bridge = load(file)
    except ConfigError as error:
        yield wrong(f"配置：{error}")
        return
    yield ok(f"配置：{len(bridge.instances)} 个实例，只监听 {LOOPBACK}")
    token = None
    try:
        token = read_token(bridge.token_file)
        yield ok("令牌文件可读，长度足够")
    except ConfigError as error:
        yield wrong(f"令牌：{error}")
    if sys.platform == "win32":
        yield note(f'令牌权限：请自行查看，只应有服务账户：icacls "{bridge.token_file}"')
    running = _running(bridge, token)
    yield from _port(bridge, running)
    for instance in bridge.instances.values():
        yield from _instance(instance, running, call)


def _running(bridge: Bridge, token: bytes | None) -> dict[str, Any] | None:
    """The states a running bridge with our token reports, None if there is none."""
    if token is None or bridge.port == 0:
        return None
    connection = http.client.HTTPConnection(LOOPBACK, bridge.port, timeout=5)
    try:
        headers = {"Authorization": f"Bearer {token.decode()}"}
        connection.request("GET", "/v1/status", headers=headers)
        answer = connection.getresponse()
        states = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return states if answer.status == 200 and isinstance(states, dict) else None


def _port(bridge: Bridge, running: dict[str, Any] | None) -> Iterator[Line]:
    if running is not None:
        yield ok(f"端口 {bridge.port}：桥正在运行")
        return
    try:
        listen(bridge.port).close()
        yield ok(f"端口 {bridge.port}：空闲（桥没有运行）")
    except ConfigError as error:
        yield wrong(f"端口：{error}（也可能是令牌不同的另一个桥）")


def _instance(
    instance: Instance, running: dict[str, Any] | None, call: Path | None
) -> Iterator[Line]:
    name = f"实例 {instance.name}（{instance.kind}）"
    yield _interpreter(name, instance)
    if instance.kind == "com":
        yield from _registered(name, str(instance.options["progid"]))
    if running is not None:
        state = running.get(instance.name, {}).get("state", "不在运行的配置里，请重启服务")
        yield ok(f"{name}：组件已加载") if state == "ready" else wrong(f"{name}：{state}")
        if call is not None:
            yield note(f"{name}：没有试调，请先停止服务，免得两个进程同时用组件")
        return
    try:
        process = Process(instance)
    except CannotStart as error:
        yield wrong(f"{name}：{error}")
        return
    try:
        yield ok(f"{name}：组件已加载")
        yield _dry_call(name, instance, process, call)
    finally:
        process.kill()


def _interpreter(name: str, instance: Instance) -> Line:
    try:
        said = subprocess.run(
            [instance.python, "-c", _PROBE], capture_output=True, text=True, check=True,
            timeout=_PROBE_SECONDS,
        ).stdout.split()  # fmt: skip
        return ok(f"{name}：组件进程用 Python {said[1]}，{said[0]} 位")
    except (OSError, subprocess.SubprocessError, IndexError) as error:
        return wrong(f"{name}：python {instance.python} 不能运行（{type(error).__name__}）")


def _registered(name: str, progid: str) -> Iterator[Line]:
    """In which of the registry's two views the ProgID is entered."""
    if sys.platform != "win32":
        yield note(f"{name}：不是 Windows，查不了 {progid} 的注册")
        return
    import winreg

    for bits, view in ((32, winreg.KEY_WOW64_32KEY), (64, winreg.KEY_WOW64_64KEY)):
        try:
            winreg.OpenKey(
                winreg.HKEY_CLASSES_ROOT, rf"{progid}\CLSID", 0, winreg.KEY_READ | view
            ).Close()
            yield ok(f"{name}：{progid} 在 {bits} 位注册表视图中可见")
        except OSError:
            yield note(f"{name}：{progid} 在 {bits} 位注册表视图中不可见")


def _dry_call(name: str, instance: Instance, process: Process, call: Path | None) -> Line:
    if call is None:
        return note(f"{name}：没有试调；没有公布过无害的试调交易，要试请用 --call 给出报文")
    try:
        message = call.read_bytes()
        number = str(json.loads(message)["infno"])
        infno = number.encode("ascii").decode()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return wrong(f"{name}：{call} 不是完整报文（{type(error).__name__}）")
    verdict = process.call(infno, message, instance.deadline)
    if not verdict.answered:
        outcome = "结果未知" if verdict.unknown else "没有送出"
        return wrong(f"{name}：试调 {infno} {outcome}：{verdict.text}")
    try:
        code = json.loads(verdict.text)["infcode"]
    except (ValueError, KeyError, TypeError):
        return wrong(f"{name}：试调 {infno} 有应答，但不是带 infcode 的 JSON")
    return ok(f"{name}：试调 {infno} 有应答，infcode {code}")
