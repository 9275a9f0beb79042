"""Which calls are refused on this side, in the words of the province's listing."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from .errors import NotAllowed

if TYPE_CHECKING:
    from .interface import Interface

log = logging.getLogger("hubei_yibao")

_WORDS = {"medical": "定点医疗机构", "pharmacy": "定点零售药店"}


def check_allowed(interface: Interface, kind: str | None, allow_closed: bool) -> None:
    """Raises NotAllowed where the interface is not open, or not for ``kind`` of institution.

    ``kind``: medical, pharmacy or None (not checked). ``allow_closed`` lets both pass; a callback
    never does. Where the listing does not say whether it is open, the call goes out with a warning.
    """
    if interface.direction == "callback":
        raise _refused(
            interface, "方向: 平台调用机构 (the platform calls us, it cannot be called)", ""
        )
    if allow_closed:
        return
    advice = "ask the bureau; allow_closed=True sends it all the same, for this one call"
    if interface.open is False:
        raise _refused(interface, "当前是否开放: 否 (not open)", advice)
    if kind and interface.institution in _WORDS and interface.institution != kind:
        words = f"机构类型: {_WORDS[interface.institution]}"
        raise _refused(interface, f"{words} (not for this one: {_WORDS[kind]})", advice)
    if interface.open is None:
        _warn_once(interface.number, interface.name)


def _refused(interface: Interface, why: str, advice: str) -> NotAllowed:
    return NotAllowed(
        f"refused locally, the listing says {why}; {interface.description}",
        infno=interface.number,
        name=interface.name,
        advice=advice,
    )


@cache
def _warn_once(number: str, name: str) -> None:
    log.warning("%s %s: the listing does not say whether it is open", number, name)
