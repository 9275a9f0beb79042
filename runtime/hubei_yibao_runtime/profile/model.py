"""What a wire profile may say. Hubei publishes none of this, so nothing of it is in the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)  # fmt: skip

from ..errors import SettingsError


def faults(error: ValidationError) -> str:
    """Every fault with its place, none with the value that stands there."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in found)


def _usable(url: str) -> str:
    """The URL again; ValueError where it names no host or holds a password."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("not a usable URL")
    return url


def _target(text: str) -> str:
    """The target again; ValueError where it could run into the host it is appended to."""
    if re.fullmatch(r"(/[!-~]*|https?://[!-~]+)?", text) is None:
        raise ValueError("must be '', '/...' or 'http(s)://...' in ASCII without spaces")
    if text.startswith("http"):
        _usable(text.replace("{infno}", "0000"))
    return text


Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$"), AfterValidator(_usable)]
Target = Annotated[str, AfterValidator(_target)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}[0-9]{2}[A-Za-z]?$")]
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
#: Filled from the settings or by a call, whether the profile's ``keys`` name them or not.
ALWAYS_SETTABLE = frozenset({*REQUIRED_KEYS, "insuplc_admdvs", "sign_no"})
#: Known public Hubei clients leave these out where they have no value for them.
OMIT_EMPTY = ("dev_no", "dev_safe_info", "signtype", "sign_no", "enc_type")


class ProfileModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Routing(ProfileModel):
    """Where a call goes: the first of ``paths``, ``prefixes`` and ``template`` that fits.

    Each holds '' (``base`` itself), a path that begins with '/' and is appended to ``base``, or a
    whole URL; ``{infno}`` stands for the interface's number. In a file, ``path_file`` names a CSV with
    the columns infno and path, beside it or in this package; the loader puts it into ``paths``.
    """

    base: Url | None = Field(default=None, description="URL in front of every path")
    template: Target = Field(default="", description="'' single URL, '/{infno}', ...")
    prefixes: dict[str, Target] = Field(
        default_factory=dict, description="first characters of the number -> path or URL"
    )
    paths: dict[str, Target] = Field(default_factory=dict, description="number -> path or URL")
    only_paths: bool = Field(default=False, description="a number without a path is an error")

    @model_validator(mode="after")
    def _base_can_be_continued(self) -> Self:
        targets = (self.template, *self.prefixes.values(), *self.paths.values())
        appended = any(target.startswith("/") for target in targets)
        if appended and self.base is not None and re.search("[?#]", self.base):
            raise ValueError("base has a query or fragment, so no path can be appended to it")
        return self

    def at(self, url: str) -> Routing:
        """The same rules over another ``base``; raises SettingsError where it does not fit."""
        try:
            return Routing.model_validate(self.model_dump() | {"base": url})
        except ValidationError as error:
            raise SettingsError(f"url: {faults(error)}", advice="correct `url`") from None

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
        if not target.startswith("http"):
            if self.base is None:
                raise SettingsError(
                    "the profile has no URL",
                    infno=infno,
                    advice="set `url` in the settings (YIBAO_URL) or routing.base in the profile; "
                    "the platform publishes none, ask the bureau",
                )
            target = self.base.rstrip("/") + target if target else self.base
        return target


class Envelope(ProfileModel):
    """Shape of the message around ``input``."""

    keys: tuple[str, ...] = Field(
        default=HUBEI_KEYS, description="keys in the order they are written"
    )
    required: tuple[str, ...] = Field(
        default=REQUIRED_KEYS, description="keys that may not be empty, `input` apart"
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

    @field_validator("required")
    @classmethod
    def _without_input(cls, required: tuple[str, ...]) -> tuple[str, ...]:
        if "input" in required:
            raise ValueError("input is no key that could be empty")
        return required

    def check_settable(self, extra: Iterable[str]) -> None:
        """Raises SettingsError for required keys that neither profile nor settings can fill.

        ``extra``: the further keys of the settings.
        """
        settable = {*self.keys, *self.defaults, *extra, *ALWAYS_SETTABLE}
        if lost := [key for key in self.required if key not in settable]:
            raise SettingsError(
                f"envelope.required names keys nobody sets: {', '.join(lost)}",
                advice="name them in the profile's envelope.keys or envelope.defaults, or set "
                "them in `envelope` of the settings",
            )


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
    def _tells_refusals_apart(cls, pattern: str | None) -> str | None:
        try:
            fits_all = pattern is not None and re.search(pattern, "") is not None
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if fits_all:
            raise ValueError("fits an empty text, and so every refusal")
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
    reversible: tuple[Number, ...] | None = Field(
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
