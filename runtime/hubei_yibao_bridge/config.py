"""The bridge's configuration: one TOML file, checked completely before anything starts."""

from __future__ import annotations

import json
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from .components import KINDS

LOOPBACK = "127.0.0.1"
MIB = 2**20
_TOKEN_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CHOICES = {"convention": ("stdcall", "cdecl"), "out": ("bstr", "variant"), "kind": tuple(KINDS)}


class ConfigError(Exception):
    """The configuration or the token cannot be used; the text says what to correct."""


@dataclass(frozen=True)
class ComOptions:
    """``kind = "com"``; the defaults are what public Hubei clients call."""

    progid: str = "yinhai.yh_hb_sctr"
    method: str = "yh_hb_call"
    out: str = "bstr"  #: type of the by-ref answer: bstr or variant


@dataclass(frozen=True)
class DllOptions:
    """``kind = "dll"``."""

    path: str
    init: str = "INIT"  #: "" if there is none
    handle: str = "BUSINESS_HANDLE"
    convention: str = "stdcall"  #: or cdecl; only 32-bit Windows knows the difference
    encoding: str = "gbk"
    out_bytes: int = 10_000_000  #: bytes for an answer
    folder: str = ""  #: working folder; "" that of the library


@dataclass(frozen=True)
class PythonOptions:
    """``kind = "python"``: a component of one's own."""

    factory: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RehearsalOptions:
    """``kind = "rehearsal"``: a simulator on this host in place of the component."""

    url: str
    hang: list[str] = field(default_factory=list)  #: numbers that never return
    crash: list[str] = field(default_factory=list)  #: numbers that end the process


_OPTIONS: dict[str, type[Any]] = {
    "com": ComOptions, "dll": DllOptions, "python": PythonOptions, "rehearsal": RehearsalOptions,
}  # fmt: skip


@dataclass(frozen=True)
class Instance:
    """One component with its own process and queue; times in seconds."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(repr=False)
    python: str = sys.executable  #: interpreter of the component's process; its bitness counts
    queue: int = 100  #: calls that may wait
    wait: float = 30.0  #: a call that has not begun by then is not sent
    start: float = 30.0  #: for loading the component
    deadline: float = 100.0  #: for one call, then the process is killed

    def setup(self) -> bytes:
        return json.dumps({"kind": self.kind, "options": dict(self.options)}).encode()


@dataclass(frozen=True)
class Bridge:
    """The whole file. There is no address to choose: the bridge serves its own host only."""

    token_file: Path
    instances: Mapping[str, Instance]
    port: int = 18042  #: 0: a free one
    host: str = LOOPBACK  #: may be written, but only as 127.0.0.1
    largest_request: int = 16 * MIB  #: bytes
    log_file: str = ""  #: "": standard error


def load(file: Path) -> Bridge:
    """Read and check; files named in it are looked for beside it. Raises ConfigError."""
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {type(error).__name__}: {error}") from None
    strangers = set(data) - {"bridge", "instances"}
    if strangers:
        raise ConfigError(f"unknown: {', '.join(sorted(strangers))}")
    instances = data.get("instances") or {}
    if not isinstance(instances, dict) or not instances:
        raise ConfigError("there is no [instances.<name>]")
    read = {name: _instance(name, table, file.parent) for name, table in instances.items()}
    general = dict(data.get("bridge") or {})
    if "token_file" in general:
        general["token_file"] = file.parent / str(general["token_file"])
    bridge = _filled(Bridge, {**general, "instances": read}, "bridge")
    if bridge.host != LOOPBACK:
        raise ConfigError(
            f"bridge.host: {bridge.host!r} is refused; the bridge is bound to {LOOPBACK} only, "
            "since whoever reaches it can settle in the hospital's name"
        )
    if not 0 <= bridge.port <= 65535:
        raise ConfigError("bridge.port: 0 to 65535")
    return bridge


def _instance(name: str, table: Any, folder: Path) -> Instance:
    where = f"instances.{name}"
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise ConfigError(f"{where}: a table with a name of letters, digits, - and _")
    kind = table.get("kind")
    if kind not in KINDS:
        raise ConfigError(f"{where}.kind: one of {', '.join(KINDS)}")
    common = {item.name for item in fields(Instance)} - {"options", "name"}
    own = {key: value for key, value in table.items() if key not in common}
    if "path" in own:
        own["path"] = str(folder / str(own["path"]))
    options = asdict(_filled(_OPTIONS[kind], own, where))
    rest = {key: value for key, value in table.items() if key in common}
    instance = _filled(Instance, {**rest, "name": name, "options": options}, where)
    try:
        instance.setup()
    except TypeError as error:
        raise ConfigError(f"{where}: {error}") from None
    return instance


_T = TypeVar("_T")


def _filled(cls: type[_T], values: Mapping[str, Any], where: str) -> _T:
    """An object of ``cls`` from a table; ConfigError for what is missing, unknown or ill-typed."""
    known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise ConfigError(f"{where}.{name}: unknown; known are {', '.join(known)}")
    for name, item in known.items():
        if name not in values and item.default is MISSING and item.default_factory is MISSING:
            raise ConfigError(f"{where}.{name}: missing")
    hints = get_type_hints(cls)
    return cls(**{name: _value(hints[name], value, f"{where}.{name}", name)
                  for name, value in values.items()})  # fmt: skip


def _value(hint: Any, value: Any, where: str, name: str) -> Any:
    wanted = (int, float) if hint is float else get_origin(hint) or hint
    if isinstance(value, bool) or (wanted is not Mapping and not isinstance(value, wanted)):
        raise ConfigError(f"{where}: not a {getattr(hint, '__name__', 'table')}")
    if isinstance(value, int | float) and name != "port" and value <= 0:
        raise ConfigError(f"{where}: must be greater than 0")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ConfigError(f"{where}: one of {', '.join(_CHOICES[name])}")
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: a list of numbers in quotation marks")
    return value


def read_token(file: Path) -> bytes:
    """The token; ConfigError if it is missing, short, or (on POSIX) open to others."""
    try:
        token = file.read_bytes().strip()
        mode = file.stat().st_mode
    except OSError as error:
        raise ConfigError(
            f"token_file {file.name}: {type(error).__name__}; make one with "
            f"`python -m hubei_yibao_bridge token --file ...`"
        ) from None
    if len(token) < _TOKEN_BYTES or not token.isascii():
        raise ConfigError(f"token_file {file.name}: fewer than {_TOKEN_BYTES} ASCII characters")
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"token_file {file.name}: open to group or others; chmod 600")
    return token
