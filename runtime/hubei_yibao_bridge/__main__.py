"""``python -m hubei_yibao_bridge serve | doctor | token``."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from .config import ConfigError

DEFAULT = Path("bridge.toml")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 if all is well, 1 if something has to be corrected, 2 for wrong usage."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "token":
            return _make_token(options.file)
        if options.command == "doctor":
            from .doctor import examine

            return examine(options.config, options.call)
        from .server import serve

        serve(options.config)
    except ConfigError as error:
        print(f"hubei_yibao_bridge: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hubei_yibao_bridge", description="在本机以 HTTP 提供医保组件（COM 或 DLL）"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="启动，只监听 127.0.0.1")
    doctor = commands.add_parser("doctor", help="检查：位数、组件、令牌、端口，可试调一次")
    doctor.add_argument(
        "--call", type=Path, metavar="FILE", help="用这条完整报文（JSON）真实调用一次组件"
    )
    for command in (serve, doctor):
        command.add_argument("--config", type=Path, default=DEFAULT, metavar="FILE")
    token = commands.add_parser("token", help="生成令牌文件；已有则不覆盖")
    token.add_argument("--file", type=Path, required=True)
    return parser


def _make_token(file: Path) -> int:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"{file}: {type(error).__name__}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(32))
    print(f"已生成 {file}。Windows 上请再收紧权限：icacls \"{file}\" /inheritance:r "
          f"/grant:r \"%USERNAME%:R\"")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
