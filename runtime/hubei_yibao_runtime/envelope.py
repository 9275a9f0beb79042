"""The frame around ``input``: which keys, from where, and the bytes of the whole message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from .clock import UTC8
from .codec import jsontext
from .errors import Fault, RequestInvalid, SettingsError

if TYPE_CHECKING:
    from .profile import Envelope
    from .settings import Settings

#: Keys a call sets itself; nothing else may take their place.
FIXED = frozenset({"infno", "msgid", "inf_time", "input"})


def instant(msgid: str) -> datetime | None:
    """The instant a msgid was made at, so that ``inf_time`` is the same; None if it names none."""
    try:
        return datetime.fromisoformat(f"{msgid[12:20]}T{msgid[20:26]}").replace(tzinfo=UTC8)
    except ValueError:
        return None


class Frame:
    """The envelope of one institution over one profile; what no call changes is laid out once."""

    def __init__(self, shape: Envelope, settings: Settings) -> None:
        """Raises SettingsError where settings or profile name a key the call itself sets."""
        own = {k: v for k, v in _own(settings).items() if v or k not in shape.defaults}
        values = {**shape.defaults, **own, **settings.envelope}
        if taken := sorted(FIXED & values.keys()):
            raise SettingsError(
                f"the envelope's {', '.join(taken)} is set by every call itself",
                advice="take it out of `envelope` in the settings and of the profile's defaults",
            )
        self._shape = shape
        keys = [key for key in shape.keys if key != "input"]
        self._layout = {key: values.pop(key, "") for key in keys} | values
        self._ahead = shape.keys[: shape.keys.index("input")]
        self._omitted = [key for key in shape.omit_empty if key in keys]

    def fill(
        self,
        *,
        infno: str,
        msgid: str,
        at: datetime,
        insuplc_admdvs: str | None,
        sign_no: str,
        extra: Mapping[str, str],
        needs_insuplc: bool,
    ) -> dict[str, str]:
        """Every key but ``input``, in the profile's order, further keys behind.

        Raises RequestInvalid where the call lacks something, SettingsError where the settings do.
        """
        values = self._layout.copy()
        if extra:
            _check_extra(extra, infno)
            values.update(extra)
        values["infno"] = infno
        values["msgid"] = msgid
        values["inf_time"] = at.isoformat(" ", "seconds")[:19]
        if insuplc_admdvs:
            values["insuplc_admdvs"] = insuplc_admdvs
        if sign_no:
            values["sign_no"] = sign_no
        if needs_insuplc and not values.get("insuplc_admdvs"):
            raise _no_insuplc(infno)
        required = self._shape.required
        if not all(map(values.get, required)):
            missing = [key for key in required if not values.get(key)]
            raise SettingsError(
                f"the envelope lacks {', '.join(missing)}",
                infno=infno,
                advice="set them (YIBAO_FIXMEDINS_CODE, ...); the bureau names the values",
            )
        for key in self._omitted:
            if not values[key]:
                del values[key]
        return values

    def serialise(self, envelope: Mapping[str, str], input_json: bytes) -> bytes:
        """The message as UTF-8; ``input`` stands where the profile's order has it."""
        if self._shape.input_as == "string":
            input_json = encode_basestring(input_json.decode()).encode()
        pairs = list(envelope.items())
        before = sum(map(envelope.__contains__, self._ahead))
        try:
            ahead, behind = _members(pairs[:before]), _members(pairs[before:])
        except UnicodeEncodeError:
            raise SettingsError(
                "the envelope holds characters UTF-8 cannot write", advice="correct the settings"
            ) from None
        return b"".join((
            b"{", ahead, b',"input":' if ahead else b'"input":', input_json,
            b"," if behind else b"", behind, b"}",
        ))  # fmt: skip


def _members(pairs: Sequence[tuple[str, str]]) -> bytes:
    """The members of a JSON object without its braces; TypeError for a value that is no text."""
    values = dict(pairs)
    if not set(map(type, values.values())) <= {str}:
        values = {key: str.__str__(value) for key, value in pairs}  # members of text enums
    return jsontext.encode(values)[1:-1]


def _no_insuplc(infno: str) -> RequestInvalid:
    fault = Fault(
        "insuplc_admdvs",
        "参保地医保区划",
        "missing",
        "needed whenever the input carries psn_no",
        field="insuplc_admdvs",
    )
    return RequestInvalid(
        [fault],
        infno=infno,
        advice="pass insuplc_admdvs=... (the person's insuinfo names it) or set a default "
        "in the settings",
    )


def _own(settings: Settings) -> dict[str, str]:
    return {
        "mdtrtarea_admvs": settings.mdtrtarea_admvs,
        "insuplc_admdvs": settings.insuplc_admdvs,
        "recer_sys_code": settings.recer_sys_code or "",
        "infver": settings.infver or "",
        "opter_type": settings.opter_type,
        "opter": settings.opter,
        "opter_name": settings.opter_name,
        "fixmedins_code": settings.fixmedins_code,
        "fixmedins_name": settings.fixmedins_name,
        "sign_no": settings.sign_no,
    }


def _check_extra(extra: Mapping[str, str], infno: str) -> None:
    faults = [
        Fault(key, "", "unknown_field", "is set by the call itself", field=key)
        for key in sorted(FIXED & set(extra))
    ]
    faults += [
        Fault(key, "", "type", "an envelope value is a string", field=key)
        for key, value in extra.items()
        if not isinstance(value, str)
    ]
    if faults:
        raise RequestInvalid(faults, infno=infno, advice="correct `extra`")
