"""Looking into the simulator and setting faults: JSON under ``/_sim``, and one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from . import callbacks
from .business import HANDLERS
from .catalogue import people
from .money import dumps, loads, yuan
from .platform import Platform
from .rules import RuleSet
from .state import Row, totals

Endpoint = Callable[[Request], Awaitable[Response]]
TABLES = ("visit", "diagnosis", "fee", "settlement", "upload", "file", "record", "message")


def answer(value: Any, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type="application/json")


async def to_page(request: Request) -> Response:
    return RedirectResponse("/_sim/")


def routes(platform: Platform) -> list[Route]:
    return [
        Route("/", _page, methods=["GET"]),
        Route("/state", _reading(lambda request: state(platform)), methods=["GET"]),
        Route("/messages", _reading(lambda r: messages(platform, r)), methods=["GET"]),
        Route("/settlements", _reading(lambda r: settlements(platform)), methods=["GET"]),
        Route("/uploads", _reading(lambda r: uploads(platform, r)), methods=["GET"]),
        Route("/people", _reading(lambda request: shown_people()), methods=["GET"]),
        Route("/faults", _rules(platform.faults), methods=["GET", "POST", "DELETE"]),
        Route("/oddities", _rules(platform.oddities), methods=["GET", "POST", "DELETE"]),
        Route("/push", _pushing(platform), methods=["POST"]),
    ]


async def _page(request: Request) -> Response:
    page = files("hubei_yibao_simulator") / "static" / "admin.html"
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
    return HTMLResponse(
        page.read_text(encoding="utf-8"), headers={"content-security-policy": policy}
    )


def _reading(read: Callable[[Request], Any]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return answer(read(request))
        except ValueError as problem:
            return PlainTextResponse(str(problem), 400)

    return endpoint


def state(platform: Platform) -> dict[str, Any]:
    """Sums over the whole books, and how many rows each table holds."""
    live = platform.books.rows("SELECT * FROM settlement WHERE voided_by IS NULL")
    sums = totals(live)
    uploads = platform.books.rows("SELECT number, count(*) AS n FROM upload GROUP BY number")
    return {
        "profile": platform.config.profile,
        "interfaces": len(platform.registry),
        "with_rules": len(HANDLERS),
        "time": platform.now().strftime("%Y-%m-%d %H:%M:%S"),
        "settlements": {
            "count": sums["count"],
            **{name: yuan(sums[name]) for name in ("total", "fund", "account", "cash")},
        },
        "rows": {t: platform.books.value(f"SELECT count(*) FROM {t}") for t in TABLES},
        "uploads": {row["number"]: row["n"] for row in uploads},
        "faults": [rule.describe() for rule in platform.faults.rules],
        "oddities": [rule.describe() for rule in platform.oddities.rules],
    }


def messages(platform: Platform, request: Request) -> list[Row]:
    """The last messages, newest first, personal fields hidden; of one ``msgid`` if asked for."""
    limit = min(int(request.query_params.get("limit", 50)), 100_000)
    msgid = request.query_params.get("msgid")
    return platform.books.rows(
        "SELECT * FROM message WHERE coalesce(?, msgid) = msgid ORDER BY id DESC LIMIT ?",
        msgid, limit,
    )  # fmt: skip


def settlements(platform: Platform) -> list[Row]:
    """Every settlement of the books, also voided ones; amounts in cents."""
    columns = (
        "setl_id, mdtrt_id, institution, number, msgid, psn_no, insutype, kind, clr_type, "
        "setl_optins, setl_time, total, fund, account, cash, reverses, reversed_by, voided_by"
    )
    return platform.books.rows(f"SELECT {columns} FROM settlement ORDER BY id")


def uploads(platform: Platform, request: Request) -> list[Row]:
    """What was reported by 35xx and 41xx–47xx, oldest first, without its content; of one
    ``number`` if asked for."""
    return platform.books.rows(
        "SELECT number, institution, msgid, setl_id, received FROM upload "
        "WHERE coalesce(?, number) = number ORDER BY id",
        request.query_params.get("number"),
    )


def shown_people() -> list[dict[str, Any]]:
    """The invented people, as a tester needs them (there is nobody to protect)."""
    return [dict(person) for person in people()]


def _rules(rules: RuleSet) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if request.method == "DELETE":
            rules.rules.clear()
        elif request.method == "POST":
            try:
                rules.add(await _object(request))
            except ValueError as problem:
                return PlainTextResponse(str(problem), 400)
        return answer([rule.describe() for rule in rules.rules])

    return endpoint


def _pushing(platform: Platform) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            wanted = await _object(request)
            pushed = await callbacks.push(
                platform, str(wanted.get("number")), wanted.get("url"), wanted.get("input") or {}
            )
        except ValueError as problem:
            return PlainTextResponse(str(problem), 400)
        return answer(pushed)

    return endpoint


async def _object(request: Request) -> dict[str, Any]:
    try:
        value = loads(await request.body())
    except msgspec.DecodeError as problem:
        raise ValueError(f"not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value
