"""The bridge's HTTP side, as an ASGI application: who may ask, and what a call must look like.

``POST /v1/<instance>/<number>`` with the platform's complete message; ``GET /v1/status``. A
refusal is the JSON ``{"code": <status>, "message": <reason>}``, a form the client reads as one.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import monotonic
from typing import Any, NamedTuple

from .apartment import Apartment, Job, QueueFull
from .config import LOOPBACK, Bridge
from .verdict import BAD_REQUEST, NOT_NOW, Verdict

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger("hubei_yibao_bridge")

_CALL = re.compile(r"/v1/([A-Za-z0-9_-]{1,32})/([0-9A-Za-z]{1,16})")
_BODY_SECONDS = 30.0
_LARGE = 64 * 1024  #: bytes; parsing more would hold up the other callers
_JSON = re.compile(r"application/json\s*(;\s*charset\s*=\s*\"?utf-8\"?\s*)?", re.IGNORECASE)


class Refusal(Exception):
    """The request is not carried out; ``status`` is one the client takes for NotSent."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.verdict = Verdict(status, why)


class Target(NamedTuple):
    instance: str
    number: str


class BridgeApp:
    """Serves one bridge at the address it was bound to."""

    def __init__(
        self, bridge: Bridge, token: bytes, apartments: Mapping[str, Apartment], port: int
    ) -> None:
        self._limit = bridge.largest_request
        self._wanted = b"Bearer " + token
        self._apartments = apartments
        self._hosts = (f"{LOOPBACK}:{port}".encode(), f"localhost:{port}".encode())

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            target = self._admit(scope)
        except Refusal as refusal:
            await _drain(receive, 4 * self._limit)
            await _answer(send, refusal.verdict)
            return
        if target is None:
            states = {name: one.status() for name, one in self._apartments.items()}
            await _answer(send, Verdict(200, json.dumps(states)))
            return
        try:
            verdict = await self._call(target, receive)
        except Refusal as refusal:
            verdict = refusal.verdict
        await _answer(send, verdict)

    def _admit(self, scope: Mapping[str, Any]) -> Target | None:
        """What is asked for, None for the status; raises Refusal, who first and what then."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        if (scope.get("client") or ("",))[0] != LOOPBACK:
            raise Refusal(403, "only this host may ask")
        if len(headers.get(b"host", ())) != 1 or headers[b"host"][0].lower() not in self._hosts:
            raise Refusal(421, "the Host header is not this bridge's address")
        if b"origin" in headers or b"sec-fetch-site" in headers:
            raise Refusal(403, "web pages may not ask")
        given = headers.get(b"authorization", [])
        if len(given) != 1 or not hmac.compare_digest(given[0], self._wanted):
            raise Refusal(401, "the token is missing or wrong")
        return self._target(scope, headers)

    def _target(
        self, scope: Mapping[str, Any], headers: Mapping[bytes, list[bytes]]
    ) -> Target | None:
        if scope["path"] == "/v1/status":
            if scope["method"] != "GET":
                raise Refusal(405, "the status is read with GET")
            return None
        found = _CALL.fullmatch(scope["path"])
        if found is None or found[1] not in self._apartments:
            raise Refusal(404, "no such instance; the URL is /v1/<instance>/<number>")
        if scope["method"] != "POST":
            raise Refusal(405, "a call is made with POST")
        kinds = headers.get(b"content-type", [])
        if len(kinds) != 1 or not _JSON.fullmatch(kinds[0].decode("latin-1")):
            raise Refusal(415, "the message must be application/json in UTF-8")
        if b"content-encoding" in headers:
            raise Refusal(415, "the message must not be compressed")
        length = headers.get(b"content-length", [b"0"])[0]
        if not length.isdigit() or int(length) > self._limit:
            raise Refusal(413, f"the message has more than {self._limit} bytes")
        return Target(found[1], found[2])

    async def _call(self, target: Target, receive: Receive) -> Verdict:
        """Raises Refusal unless the body is a message of this interface."""
        message = await _body(receive, self._limit)
        if len(message) < _LARGE:
            msgid = _checked(message, target.number)
        else:
            msgid = await asyncio.to_thread(_checked, message, target.number)
        apartment = self._apartments[target.instance]
        since = monotonic()
        try:
            job = apartment.submit(target.number, message)
        except QueueFull:
            verdict = Verdict(NOT_NOW, "the queue is full or the bridge is stopping")
        else:
            verdict = await _outcome(apartment, job, receive)
        log.log(
            logging.INFO if verdict.answered else logging.WARNING,
            "%s %s %s: %d in %.0f ms%s", target.instance, target.number, msgid, verdict.status,
            (monotonic() - since) * 1000, "" if verdict.answered else f" ({verdict.text})",
        )  # fmt: skip
        return verdict


async def _outcome(apartment: Apartment, job: Job, receive: Receive) -> Verdict:
    """Wait for a job; one that has not begun is withdrawn when it is late or the client leaves."""
    done = asyncio.wrap_future(job.done)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait(
            (done, gone), timeout=apartment.instance.wait, return_when=asyncio.FIRST_COMPLETED
        )
        if not done.done() and apartment.withdraw(job):
            if gone.done():
                return Verdict(NOT_NOW, "the client has gone, nothing was begun")
            return Verdict(NOT_NOW, f"its turn did not come within {apartment.instance.wait:g} s")
        return await done
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise Refusal(BAD_REQUEST, "the message ended early")
                parts.append(event.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    if event.get("more_body"):
                        await _drain(receive, 4 * limit)
                    raise Refusal(413, f"the message has more than {limit} bytes")
                if not event.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise Refusal(BAD_REQUEST, f"no complete message within {_BODY_SECONDS:g} s") from None


async def _drain(receive: Receive, limit: int) -> None:
    """Read and drop the rest: a refusal sent before might be lost to a reset connection."""
    left = limit
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while left > 0:
                event = await receive()
                left -= len(event.get("body", b""))
                if event["type"] == "http.disconnect" or not event.get("more_body"):
                    return
    except TimeoutError:
        return


def _checked(message: bytes, number: str) -> str:
    """The message's msgid; Refusal unless it is a message of this interface."""
    try:
        read = json.loads(message.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refusal(BAD_REQUEST, "the message is not JSON in UTF-8") from None
    if not isinstance(read, dict) or read.get("infno") != number or "input" not in read:
        raise Refusal(BAD_REQUEST, f"not a complete message of {number}: infno, input")
    msgid = str(read.get("msgid", ""))
    return msgid if len(msgid) <= 64 and msgid.isalnum() and msgid.isascii() else "-"


async def _answer(send: Send, verdict: Verdict) -> None:
    body = verdict.text.encode()
    if verdict.status != 200:
        body = json.dumps({"code": verdict.status, "message": verdict.text}).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": verdict.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
