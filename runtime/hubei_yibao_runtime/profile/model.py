"""What a wire profile may say. Hubei publishes none of this, so nothing of it is in the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ..errors import SettingsError

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
Seconds = Annotated[float, Field(gt=0, le=24 * 3600)]

#: Keys of the request in the order of the envelope in spec/platform.yaml.
HUBEI_KEYS = (
    "infno", "msgid", "mdtrtarea_admvs", "insuplc_admdvs", "recer_sys_code", "dev_no",
    "dev_safe_info", "signtype", "infver", "opter_type", "opter", "opter_name", "inf_time",
    "fixmedins_code", "fixmedins_name", "sign_no", "enc_type", "cainfo", "input",
)  # fmt: skip
#: Mandatory there, apart from those every call sets itself.
REQUIRED_KEYS = (
    "mdtrtarea_admvs", "recer_sys_code", "infver", "opter_type", "opter", "opter_name",
    "fixmedins_code", "fixmedins_name",
)  # fmt: skip
#: Known public Hubei clients leave these out where they have no value for them.
OMIT_EMPTY = ("dev_no", "dev_safe_info", "signtype", "sign_no", "enc_type")


class ProfileModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Routing(ProfileModel):
    """Where a call goes: the first of ``paths``, ``prefixes`` and ``template`` that fits.

    ``template`` and ``prefixes`` hold a path or a whole URL; ``{infno}`` stands for the
    interface's number. A path is appended to ``base``. In a file, ``path_file`` names a CSV with
    the columns infno and path, beside it or in this package; the loader puts it into ``paths``.
    """

    base: Url | None = Field(default=None, description="URL in front of every path")
    template: str = Field(default="", description="'' single URL, '/{infno}', ...")
    prefixes: dict[str, str] = Field(
        default_factory=dict, description="first characters of the number -> path or URL"
    )
    paths: dict[str, str] = Field(default_factory=dict, description="number -> path or URL")
    only_paths: bool = Field(default=False, description="a number without a path is an error")

    def url(self, infno: str) -> str:
        """The URL of one interface; raises SettingsError where the profile knows none."""
        target = self.paths.get(infno)
        if target is None and self.only_paths:
            raise SettingsError(
                "the profile's routing has no path for this interface",
                infno=infno,
                advice="add it to routing.paths",
            )
        if target is None:
            fits = [prefix for prefix in self.prefixes if infno.startswith(prefix)]
            target = self.prefixes[max(fits, key=len)] if fits else self.template
        target = target.replace("{infno}", quote(infno, safe=""))
        if not target.startswith(("http://", "https://")):
            if self.base is None:
                raise SettingsError(
                    "the profile has no URL",
                    infno=infno,
                    advice="set `url` in the settings (YIBAO_URL) or routing.base in the profile; "
                    "the platform publishes none, ask the bureau",
                )
            target = self.base.rstrip("/") + target if target else self.base
        if not _usable(target):
            raise SettingsError("not a usable URL", infno=infno, advice="correct `url`")
        return target


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


class Envelope(ProfileModel):
    """Shape of the message around ``input``."""

    keys: tuple[str, ...] = Field(
        default=HUBEI_KEYS, description="keys in the order they are written"
    )
    required: tuple[str, ...] = Field(
        default=REQUIRED_KEYS, description="keys that may not be empty"
    )
    omit_empty: tuple[str, ...] = Field(
        default=OMIT_EMPTY, description="keys left out without a value"
    )
    defaults: dict[str, str] = Field(default_factory=dict, description="e.g. recer_sys_code")
    input_as: Literal["object", "string"] = Field(
        default="object", description="`input` nested, or as JSON text in a string"
    )

    @field_validator("keys")
    @classmethod
    def _has_essentials(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        missing = {"infno", "msgid", "inf_time", "input"} - set(keys)
        if missing or len(set(keys)) != len(keys):
            raise ValueError(f"keys must be unique and hold infno, msgid, inf_time, input: {keys}")
        return keys


class Timeouts(ProfileModel):
    """Seconds one attempt may take in all, by the interface's effect; ``connect`` is part of it."""

    connect: Seconds = 10
    query: Seconds = 30
    write: Seconds = 120
    session: Seconds = 30
    transfer: Seconds = 600


class Limits(ProfileModel):
    """Bytes a message may have; answers are counted before and after decompression."""

    request: int = Field(default=64 * 2**20, gt=0)
    answer: int = Field(default=64 * 2**20, gt=0)


class AuthConfig(ProfileModel):
    """A signing scheme by name (see ``auth/``) with its parameters; secrets are named, not held."""

    scheme: str
    params: dict[str, Any] = Field(default_factory=dict)


class Upload(ProfileModel):
    """How file bytes travel with the upload interface."""

    encoding: Literal["multipart", "int8-array", "base64"] = "base64"
    envelope_part: str = Field(
        default="jsonStr", description="multipart: name of the envelope's part"
    )
    file_part: str = "file"


class SignedOut(ProfileModel):
    """How a "not signed in" refusal is told; the platform publishes no code, so none is built in."""

    infcodes: tuple[str, ...] = ()
    message: str | None = Field(default=None, description="regular expression searched in err_msg")

    @field_validator("message")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    def matches(self, infcode: str, err_msg: str) -> bool:
        if infcode in self.infcodes:
            return True
        return self.message is not None and re.search(self.message, err_msg) is not None


class Profile(ProfileModel):
    """One way to reach a platform."""

    name: str
    source: str = Field(description="where these facts come from")
    verified: bool = Field(
        default=False, description="True only after a joint test with the bureau"
    )
    routing: Routing = Routing()
    content_type: str = "application/json; charset=utf-8"
    accept_encoding: str = "gzip, deflate"
    headers: dict[str, str] = Field(default_factory=dict)
    envelope: Envelope = Envelope()
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    auth: tuple[AuthConfig, ...] = ()
    reversible: tuple[str, ...] | None = Field(
        default=None, description="numbers the reversal takes; None: what the interface files say"
    )
    upload: Upload = Upload()
    signed_out: SignedOut = SignedOut()
    clock: Literal["date", "answer", "off"] = Field(
        default="date",
        description="learn the clock offset from the Date header, the answer, or not",
    )

    @field_validator("auth", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, Mapping | AuthConfig) else value
