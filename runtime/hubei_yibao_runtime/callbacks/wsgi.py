"""The handler as a WSGI application, for Flask, Django, gunicorn or the standard library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from .handler import Answer, CallbackHandler


class CallbackWsgi:
    """POST ``…/{number}``; a body without Content-Length is refused (HTTP 411)."""

    def __init__(self, handler: CallbackHandler) -> None:
        self._handler = handler

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer = self._answer(environ)
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        number = environ.get("PATH_INFO", "").rpartition("/")[2]
        if environ["REQUEST_METHOD"] != "POST":
            return self._handler.refused(405, number, "method")
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdecimal():
            return self._handler.refused(411, number, "length")
        if int(length) > self._handler.limit:
            return self._handler.too_large(number)
        body = environ["wsgi.input"].read(int(length))
        headers = {"content-encoding": environ.get("HTTP_CONTENT_ENCODING", "identity")}
        return self._handler.handle(number, body, headers)
