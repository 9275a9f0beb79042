"""Settings of one institution, from code, the environment (``YIBAO_*``) or a TOML file."""

from __future__ import annotations

import os
import re
import stat
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as SourceError

from .errors import SettingsError
from .profile import Profile, load_profile
from .profile.model import faults

Seconds = Annotated[float, Field(gt=0)]
_PROXY = re.compile(
    r"http://(?P<user>[^\s/?#@:]+(:[^\s/?#@]*)?@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)"
    r"(:(?P<port>[0-9]{1,5}))?/?",
    re.ASCII | re.IGNORECASE,
)
_PASSWORD_IN_URL = re.compile(r"://\S*:\S*@|[?&](ssl)?password=", re.IGNORECASE)


class Retry(BaseModel):
    """Repeating what is safe to repeat: `NotSent`, and for queries `OutcomeUnknown` too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(default=3, ge=1, le=10)
    first_wait: float = Field(default=0.2, ge=0, description="seconds; doubles, with jitter")
    longest_wait: float = Field(default=5.0, ge=0)
    deadline: Seconds = Field(default=90, description="no attempt starts later than this, seconds")


class Settings(BaseSettings):
    """Who calls, from where, over which wire profile.

    Built in code (`Settings(...)`), from the environment (:meth:`from_env`) or from a TOML file
    (:meth:`from_toml`). `Settings(...)` reads the environment too; arguments win.
    """

    model_config = SettingsConfigDict(
        env_prefix="YIBAO_", env_nested_delimiter="__", extra="forbid", frozen=True,
        nested_model_default_partial_update=True, hide_input_in_errors=True, populate_by_name=True,
    )  # fmt: skip

    fixmedins_code: str = Field(default="", description="定点医药机构编号")
    fixmedins_name: str = ""
    mdtrtarea_admvs: str = Field(default="", description="就医地医保区划")
    insuplc_admdvs: str = Field(default="", description="参保地医保区划 where a call does not say")
    recer_sys_code: str | None = None
    infver: str | None = None
    opter_type: str = Field(default="1", description="1 经办人, 2 自助终端, 3 移动终端")
    opter: str = ""
    opter_name: str = Field(default="", repr=False)
    sign_no: str = Field(
        default="", repr=False, description="fixed sign-in number, without sign_in"
    )
    envelope: dict[str, str] = Field(
        default_factory=dict, repr=False, description="further envelope keys"
    )
    msgid_code: str | None = Field(
        default=None, description="'first12', or the 12 characters a msgid starts with; needed where "
        "fixmedins_code has not 12 characters",
    )  # fmt: skip
    institution_type: Literal["medical", "pharmacy"] | None = Field(
        default=None, description="None: calls are not checked against it"
    )

    profile: str | Path | dict[str, Any] | Profile = Field(default="plain", repr=False)
    url: str | None = Field(default=None, repr=False, description="routing.base of the profile")
    secrets: dict[str, SecretStr] = Field(default_factory=dict, description="what auth asks for")

    journal: str | None = Field(
        default=None,
        repr=False,
        description="SQLite file, postgresql:// URL, 'off', None: state_dir; a relative file "
        "lies beside the settings file, or where the process was when it made the settings",
    )
    state_dir: Path | None = Field(
        default=None, description="journal and msgid, relative as `journal`; None: per user"
    )
    sign_in: bool = Field(default=False, description="sign in lazily and send sign_no")
    sign_out: bool = Field(default=False, description="sign out when the client is closed")
    station: dict[str, str] = Field(
        default_factory=dict, description="mac, ip to sign in with, where the host's own do not fit"
    )

    retry: Retry = Retry()
    timeout: Seconds | None = Field(
        default=None, description="one attempt, instead of the profile's"
    )
    max_connections: int = Field(default=100, ge=1)
    keepalive_expiry: float = Field(
        default=5.0, ge=0, description="seconds an idle connection is kept; short, since a write that "
        "meets a connection closed by the server may end as OutcomeUnknown",
    )  # fmt: skip
    proxy: str | None = Field(
        default=None, repr=False, description="HTTP proxy; the environment's is not used"
    )
    ca_file: Path | None = Field(default=None, description="PEM of a private certificate authority")
    client_cert: Path | None = None
    client_key: Path | None = None
    verify_tls: bool = True
    driver: Literal["default", "aiohttp"] = Field(
        default="default", description="of the async client"
    )
    log_bodies: bool = Field(
        default=False, description="hand raw bodies to hooks and the debug log"
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(
                f"settings are not valid: {faults(error)}", advice="correct the settings"
            ) from None
        except SourceError as error:
            raise SettingsError(str(error), advice="correct the environment") from None

    @field_validator("journal", "state_dir", mode="before")
    @classmethod
    def _not_empty(cls, place: object) -> object:
        if place == "":
            raise ValueError("is empty; leave it out for the default")
        return place

    @field_validator("journal")
    @classmethod
    def _journal_stays(cls, journal: str | None) -> str | None:
        return journal and _located(journal, Path())

    @field_validator("state_dir")
    @classmethod
    def _state_dir_stays(cls, directory: Path | None) -> Path | None:
        return directory and directory.absolute()

    @field_validator("proxy")
    @classmethod
    def _is_a_proxy(cls, proxy: str | None) -> str | None:
        fits = _PROXY.fullmatch(proxy or "")
        if proxy is not None and not (
            fits and 0 < int(fits["port"] or 80) < 2**16 and unquote(fits["user"] or "").isascii()
        ):
            raise ValueError(
                "must be http://[user:password@]host[:port], in ASCII, with / ? # @ : and % in "
                "user or password percent-encoded"
            )
        return proxy

    @classmethod
    def from_env(cls, institution: str | None = None) -> Settings:
        """Settings from ``YIBAO_*``; ``YIBAO_CONFIG`` may name a TOML file that lies beneath.

        Nested names use two underscores: ``YIBAO_SECRETS__ACCESS_KEY``. ``YIBAO_INSTITUTION``
        picks the file's institution.
        """
        path = os.environ.get("YIBAO_CONFIG")
        if path is None:
            return cls()
        return cls.from_toml(path, institution or os.environ.get("YIBAO_INSTITUTION"), env=True)

    @classmethod
    def from_toml(
        cls, path: str | Path, institution: str | None = None, *, env: bool = False
    ) -> Settings:
        """Settings from a TOML file: ``[platform]`` beneath ``[institutions.<name>]``.

        A file with one institution needs no ``institution``; one with neither table holds the
        settings at its top. Relative ``journal`` and ``state_dir`` lie in the file's folder. A
        file that holds secrets, of whichever institution, and may be read by others is refused
        (on POSIX systems). With ``env``, ``YIBAO_*`` lies above the file; otherwise it is not read.
        """
        file = Path(path)
        try:
            data = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            detail = error if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
            raise SettingsError(f"cannot read {file}: {detail}") from None
        if place := next(_secrets(data), None):
            _check_permissions(file, place)
        values = _placed(_layered(data, institution, file), file.parent)
        for key in ("profile", "ca_file", "client_cert", "client_key"):
            values = _relative_to(file.parent, key, values)
        return _OverFile.build(values) if env else _FileOnly(**values)

    @property
    def wire(self) -> Profile:
        """The profile, read anew, with ``url`` in place.

        Raises SettingsError if it is not valid or asks for what these settings cannot give.
        """
        profile = load_profile(self.profile)
        profile.envelope.check_settable(self.envelope)
        if self.url is None:
            return profile
        return profile.model_copy(update={"routing": profile.routing.at(self.url)})

    def secret(self, name: str, wanted_by: str) -> str:
        """A secret in clear; SettingsError naming where to put it if it is missing."""
        try:
            return self.secrets[name].get_secret_value()
        except KeyError:
            raise SettingsError(
                f"auth scheme {wanted_by!r} needs the secret {name!r}",
                advice=f"set secrets.{name} (YIBAO_SECRETS__{name.upper()})",
            ) from None

    @property
    def state_directory(self) -> Path:
        """Where the journal and the message numbers are kept; not created here."""
        if self.state_dir is not None:
            return self.state_dir
        if os.name == "nt":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "hubei-yibao"
        state = Path(os.environ.get("XDG_STATE_HOME", ""))
        if not state.is_absolute():  # to be ignored then, says the XDG specification
            state = Path.home() / ".local" / "state"
        return state / "hubei-yibao"

    def message_code(self) -> str:
        """The 12 characters a msgid starts with; nothing is cut off silently."""
        if not self.fixmedins_code:
            raise SettingsError(
                "fixmedins_code (定点医药机构编号) is not set",
                advice="set it in the settings (YIBAO_FIXMEDINS_CODE)",
            )
        code = self.msgid_code or self.fixmedins_code
        if code == "first12":
            code = self.fixmedins_code[:12]
        if len(code) != 12 or not code.isascii() or not code.isalnum():
            raise SettingsError(
                f"a msgid starts with 12 characters, but the institution code has "
                f"{len(self.fixmedins_code)}",
                advice="set msgid_code (YIBAO_MSGID_CODE) to 'first12' or to the 12 characters the "
                "bureau names; for codes of 14 characters it has published no rule",
            )
        return code


class _FileOnly(Settings):
    """Settings that leave the environment alone."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[Any, ...]:
        return (sources["init_settings"],)


class _OverFile(Settings):
    """Settings with the environment above the values given."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[Any, ...]:
        return (sources["env_settings"], sources["init_settings"])

    @classmethod
    def build(cls, values: Mapping[str, Any]) -> Settings:
        return cls(**values)


def _layered(data: dict[str, Any], institution: str | None, file: Path) -> dict[str, Any]:
    if not {"platform", "institutions"} & set(data):
        if institution is not None:
            raise SettingsError(f"{file.name} has no [institutions.{institution}]")
        return data
    strangers = set(data) - {"platform", "institutions"}
    if strangers:
        raise SettingsError(
            f"{file.name}: beside [platform] and [institutions.*] stands {sorted(strangers)}"
        )
    platform = _table(data, "platform", file.name)
    institutions = _table(data, "institutions", file.name)
    if institution is None and len(institutions) == 1:
        institution = next(iter(institutions))
    if institution is None or institution not in institutions:
        known = ", ".join(sorted(institutions)) or "none"
        raise SettingsError(
            f"{file.name}: no institution {institution!r}", advice=f"name one of: {known}"
        )
    return merged(platform, _table(institutions, institution, file.name, "institutions."))


def _table(data: Mapping[str, Any], key: str, name: str, above: str = "") -> Mapping[str, Any]:
    """The table ``key``, empty where there is none; ``name`` and ``above`` say where it stands."""
    table = data.get(key, {})
    if not isinstance(table, Mapping):
        place = f"{above}{key}"
        raise SettingsError(f"{name}: {place} is not a table", advice=f"write it as [{place}]")
    return table


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """``above`` laid over ``below``, tables merged key by key."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _located(journal: str, folder: Path) -> str:
    """A journal's address, the path of an SQLite file made absolute from ``folder``."""
    scheme, separator, rest = journal.partition("://")
    path = rest.removeprefix("/") if separator else journal
    if path in ("", "off", ":memory:") or (separator and scheme != "sqlite"):
        return journal
    place = (folder / path).absolute()
    return f"sqlite:///{place}" if separator else str(place)


def _placed(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Settings of a file with ``journal`` and ``state_dir`` found from its folder."""
    journal, directory = values.get("journal"), values.get("state_dir")
    if isinstance(journal, str):
        values = values | {"journal": _located(journal, folder)}
    if isinstance(directory, str) and directory:
        values = values | {"state_dir": folder / directory}
    return values


def _relative_to(folder: Path, key: str, values: dict[str, Any]) -> dict[str, Any]:
    """A file named in the settings file is looked for beside it first."""
    value = values.get(key)
    if isinstance(value, str) and (folder / value).exists():
        return values | {key: folder / value}
    return values


def _secrets(value: object, place: str = "") -> Iterator[str]:
    """Where secrets stand in a parsed file: tables that hold them, passwords in URLs."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            inside = f"{place}.{key}".lstrip(".")
            if key in ("secrets", "headers") and inner:
                yield inside
            yield from _secrets(inner, inside)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, place)
    elif isinstance(value, str) and _PASSWORD_IN_URL.search(value):
        yield place


def _check_permissions(file: Path, place: str) -> None:
    if os.name != "posix":
        warnings.warn(f"{file}: who may read this file was not checked", stacklevel=3)
        return
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"{file} holds secrets ({place}) and is open to group or others",
            advice=f"chmod 600 {file}, or keep them in the environment (YIBAO_SECRETS__*, ...)",
        )
