"""``python -m hubei_yibao_simulator``: serve until interrupted."""

from __future__ import annotations

import argparse
import shlex
import tomllib
from pathlib import Path
from typing import Any

import uvicorn

from .app import create_app
from .config import PROFILES, SimulatorConfig
from .server import uvicorn_config


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="hubei_yibao_simulator", description="医保平台模拟器")
    options.add_argument("--host", default="127.0.0.1", help="监听地址（默认只限本机）")
    options.add_argument("--port", type=int, default=8042)
    options.add_argument("--profile", choices=sorted(PROFILES), default="plain", help="签名方式")
    options.add_argument("--database", type=Path, help="SQLite 文件；不给则只在内存中")
    options.add_argument("--seed", type=int, default=1, help="样例数据的种子")
    options.add_argument("--require-sign-in", action="store_true", help="要求先签到（9001）")
    options.add_argument("--callback-url", help="6204、6302、7102、7103 推送到的地址")
    options.add_argument("--rules", type=Path, help="TOML：[[fault]] 与 [[oddity]] 列表")
    return options


def configure(arguments: argparse.Namespace) -> SimulatorConfig:
    rules: dict[str, Any] = {}
    if arguments.rules:
        rules = tomllib.loads(arguments.rules.read_text(encoding="utf-8"))
    return SimulatorConfig(
        profile=arguments.profile,
        database=arguments.database,
        seed=arguments.seed,
        require_sign_in=arguments.require_sign_in,
        callback_url=arguments.callback_url,
        faults=rules.get("fault", []),
        oddities=rules.get("oddity", []),
    )


def banner(config: SimulatorConfig, url: str) -> str:
    """What a user needs to reach the simulator: shell lines for the client's settings."""
    lines = [f"医保平台模拟器  {url}  （管理页 {url}/_sim/，Ctrl+C 结束）", ""]
    for name, value in config.client_settings(url).items():
        if name == "secrets":
            for secret, text in value.items():
                lines.append(f"export YIBAO_SECRETS__{secret.upper()}={shlex.quote(text)}")
        else:
            lines.append(f"export YIBAO_{name.upper()}={shlex.quote(str(value))}")
    return "\n".join(lines)


def serve(config: SimulatorConfig, host: str, port: int) -> None:
    """Serve until interrupted; prints URL and settings when the port is open."""

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            for server in self.servers:
                bound = server.sockets[0].getsockname()[1]
                print(banner(config, f"http://{host}:{bound}"), flush=True)

    Announcing(uvicorn_config(create_app(config), host=host, port=port)).run()


def main(argv: list[str] | None = None) -> None:
    arguments = parser().parse_args(argv)
    serve(configure(arguments), arguments.host, arguments.port)


if __name__ == "__main__":
    main()
