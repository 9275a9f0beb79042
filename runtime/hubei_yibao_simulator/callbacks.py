"""The four interfaces where the platform calls the institution: 6204, 6302, 7102, 7103."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from .money import dumps
from .platform import Platform
from .shape import shape_nodes

NUMBERS = ("6204", "6302", "7102", "7103")
DEADLINE = 10.0


async def push(
    platform: Platform, number: str, url: str | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """POST one message to the institution's ``url``; what was sent and what came back.

    The input is a sample of the spec with ``given`` nodes or fields laid over it. Whether real
    pushes carry the ordinary envelope is not published; here they do. Raises ValueError for
    another number or without a URL.
    """
    if number not in NUMBERS:
        raise ValueError(f"the platform pushes {', '.join(NUMBERS)} only")
    target = url or platform.config.callback_url
    if not target:
        raise ValueError("no url given and no callback_url configured")
    message = build(platform, number, given)
    async with httpx2.AsyncClient(timeout=DEADLINE, trust_env=False) as client:
        try:
            reply = await client.post(
                target, content=dumps(message),
                headers={"content-type": "application/json;charset=utf-8"},
            )  # fmt: skip
        except httpx2.HTTPError as problem:
            return {"message": message, "status": None, "answer": type(problem).__name__}
    return {"message": message, "status": reply.status_code, "answer": reply.text[:4000]}


def build(platform: Platform, number: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The message of a push."""
    now = platform.now()
    platform.books.begin()
    serial = platform.books.next("push") % 10000
    platform.books.commit()
    config = platform.config
    return {
        "infno": number,
        "msgid": f"{config.institution[:12]:0<12}{now:%Y%m%d%H%M%S}{serial:04d}",
        "mdtrtarea_admvs": "420199",
        "insuplc_admdvs": "420199",
        "recer_sys_code": "SIM",
        "infver": "V1.0",
        "opter_type": "1",
        "opter": "platform",
        "opter_name": "模拟平台",
        "inf_time": now.strftime("%Y-%m-%d %H:%M:%S"),
        "fixmedins_code": config.institution,
        "fixmedins_name": config.institution_name,
        "input": shape_nodes(number, platform.registry[number].input, given, platform.sampler),
    }
