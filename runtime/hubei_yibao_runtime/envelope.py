"""The frame around ``input``: which keys, from where, and the bytes of the whole message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from .clock import UTC8
from .errors import Fault, RequestInvalid, SettingsError

if TYPE_CHECKING:
    from .profile import Envelope
    from .settings import Settings

#: Keys a call sets itself; further keys may not take their place.
FIXED = frozenset({"infno", "msgid", "inf_time", "input"})


def instant(msgid: str, now: datetime) -> datetime:
    """The instant a msgid was made at, so that ``inf_time`` is the same; ``now`` if it has none."""
    try:
        return datetime.fromisoformat(f"{msgid[12:20]}T{msgid[20:26]}").replace(tzinfo=UTC8)
    except ValueError:
        return now


def fill(
    shape: Envelope,
    settings: Settings,
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
    values = {
        **shape.defaults,
        **{
            key: value
            for key, value in _own(settings).items()
            if value or key not in shape.defaults
        },
        **settings.envelope,
        **extra,
        "infno": infno,
        "msgid": msgid,
        "inf_time": at.strftime("%Y-%m-%d %H:%M:%S"),
    }
    if insuplc_admdvs:
        values["insuplc_admdvs"] = insuplc_admdvs
    if sign_no:
        values["sign_no"] = sign_no
    _check_extra(extra, infno)
    if needs_insuplc and not values.get("insuplc_admdvs"):
        raise RequestInvalid(
            [
                Fault(
                    "insuplc_admdvs",
                    "参保地医保区划",
                    "missing",
                    "needed whenever the input carries psn_no",
                    field="insuplc_admdvs",
                )
            ],
            infno=infno,
            advice="pass insuplc_admdvs=... (the person's insuinfo names it) or set a default "
            "in the settings",
        )
    missing = [key for key in shape.required if not values.get(key)]
    if missing:
        raise SettingsError(
            f"the envelope lacks {', '.join(missing)}",
            infno=infno,
            advice="set them (YIBAO_FIXMEDINS_CODE, ...); the bureau names the values",
        )
    ordered = {key: values.pop(key, "") for key in shape.keys if key != "input"}
    for key in shape.omit_empty:
        if not ordered.get(key, "x"):
            del ordered[key]
    return ordered | values


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


def serialise(shape: Envelope, envelope: Mapping[str, str], input_json: bytes) -> bytes:
    """The message as UTF-8; ``input`` stands where the profile's order has it."""
    ahead = shape.keys[: shape.keys.index("input")]
    before = sum(key in envelope for key in ahead)
    parts = [f"{encode_basestring(key)}:{encode_basestring(envelope[key])}" for key in envelope]
    if shape.input_as == "string":
        input_json = encode_basestring(input_json.decode()).encode()
    try:
        head = ",".join(parts[:before]).encode()
        tail = ",".join(["", *parts[before:]]).encode()
    except UnicodeEncodeError:
        raise SettingsError(
            "the envelope holds characters UTF-8 cannot write", advice="correct the settings"
        ) from None
    return b"".join((b"{", head, b',"input":' if before else b'"input":', input_json, tail, b"}"))
