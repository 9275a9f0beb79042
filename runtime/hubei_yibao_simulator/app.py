"""The ASGI application: every path but ``/_sim`` is the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from hubei_yibao_runtime.interface import Registry
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from . import admin, envelope, faults, oddities
from .business import File
from .config import SimulatorConfig
from .platform import Platform, Reply
from .rules import Rule, UnknownKind
from .signing import UNKNOWN_USER, check_gateway

JSON = "application/json;charset=utf-8"
FAULT_HEADER, ODDITY_HEADER = "x-sim-fault", "x-sim-oddity"


def create_app(
    config: SimulatorConfig | None = None, registry: Registry | None = None
) -> Starlette:
    """The simulator as an ASGI application; ``app.state.platform`` holds its books."""
    if registry is None:
        from hubei_yibao.registry import INTERFACES

        registry = INTERFACES
    platform = Platform(config or SimulatorConfig(), registry)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        platform.books.close()

    app = Starlette(
        routes=[
            Mount("/_sim", routes=admin.routes(platform)),
            Route("/", admin.to_page, methods=["GET"]),
            Route("/{path:path}", _endpoint, methods=["POST"]),
        ],
        lifespan=lifespan,
    )
    app.state.platform = platform
    return app


async def _endpoint(request: Request) -> Response:
    platform: Platform = request.app.state.platform
    try:
        raw = await _read_body(request, platform.config.largest_body)
        message, upload = await _message(request, raw)
    except ClientDisconnect:
        return Response(status_code=400)
    except TooLarge:
        return PlainTextResponse("body too large", 413)
    except envelope.Unreadable as problem:
        return _send(platform.refuse({}, str(problem)))
    number = str(message.get("infno") or "")
    try:
        struck = platform.faults.striking(number, request.headers.get(FAULT_HEADER))
        odd = platform.oddities.striking(number, request.headers.get(ODDITY_HEADER))
    except UnknownKind as problem:
        return PlainTextResponse(f"{FAULT_HEADER}/{ODDITY_HEADER}: {problem}", 400)
    refused = check_gateway(platform.config, request.headers, raw)
    if any(rule.kind == "gateway-401" for rule in odd):
        refused = refused or UNKNOWN_USER
    if refused:
        platform.note_only(message, "gateway", refused)
        body = {"code": 401, "message": refused}
        return JSONResponse(body, platform.config.gateway_status)
    return await _serve(platform, request, message, upload, struck, [rule.kind for rule in odd])


async def _serve(
    platform: Platform,
    request: Request,
    message: dict[str, Any],
    upload: bytes | None,
    struck: list[Rule],
    odd: list[str],
) -> Response:
    """Carry the call out, with at most one fault besides delay and slow drip."""
    for rule in struck:
        if rule.kind == "delay":
            await asyncio.sleep(rule.seconds)
    fatal = next((r for r in struck if r.kind not in ("delay", "slow-drip")), None)
    if fatal is not None and fatal.kind == "refuse":
        return _send(platform.refuse(message, "模拟的拒绝（未执行）"), odd)
    commit = fatal is None or not fatal.kind.endswith("-before-commit")
    remark = " ".join(rule.kind for rule in struck)
    reply = platform.process(message, upload, commit=commit, remark=remark)
    if fatal is not None:
        return _break(request, fatal, oddities.encode(reply.message, ()))
    drip = next((r for r in struck if r.kind == "slow-drip"), None)
    if drip is not None and reply.file is None:
        body = oddities.encode(oddities.bend(reply.message, odd), odd)
        return faults.slow_drip(body, drip.seconds, {"content-type": JSON})
    return _send(reply, odd)


def _break(request: Request, rule: Rule, body: bytes) -> Response:
    kind = rule.kind.removesuffix("-before-commit").removesuffix("-after-commit")
    if kind == "error":
        return faults.proxy_error(rule.status)
    if kind == "junk":
        return faults.junk()
    if kind == "reset-mid-answer":
        return faults.mid_answer(request, body)
    return faults.Hangup(request, reset=kind == "reset")


def _send(reply: Reply, odd: list[str] | None = None) -> Response:
    if reply.file is not None:
        return _send_file(reply.file)
    body = oddities.encode(oddities.bend(reply.message, odd or ()), odd or ())
    return Response(body, headers={"content-type": JSON})


def _send_file(file: File) -> Response:
    name = quote(file.filename)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(file.content, media_type="application/octet-stream", headers=headers)


class TooLarge(ValueError):
    """The body passes the limit."""


async def _read_body(request: Request, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
    raw = b"".join(parts)
    request._body = raw  # what Request.body() would have kept; form() below reads it again
    return raw


async def _message(request: Request, raw: bytes) -> tuple[dict[str, Any], bytes | None]:
    """The message, and the bytes of the file that came with it (9101 as multipart)."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return envelope.read(raw), None
    try:
        form = await request.form()
    except (MultiPartException, HTTPException, ValueError):
        raise envelope.Unreadable("multipart 报文无法解析") from None
    text = form.get("jsonStr")
    # one public client calls the binary part "in" instead of "file"
    part = form.get("file") or form.get("in")
    if not isinstance(text, str) or not isinstance(part, UploadFile):
        raise envelope.Unreadable("multipart 报文应含 jsonStr 与 file 两部分")
    return envelope.read(text), await part.read()
