"""A stand-in for the vendor's component: passes messages on to a simulator on this host.

It can hang or end its process after the simulator has carried a call out, which is what a real
component does at the worst moment.
"""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from . import CannotLoad, CannotSend


class Rehearsal:
    """Posts to ``url`` (loopback only); numbers in ``hang`` never return, in ``crash`` abort."""

    def __init__(self, url: str, hang: list[str], crash: list[str]) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
            raise CannotLoad("a rehearsal's url must be http://127.0.0.1:<port>")
        self._http = http.client.HTTPConnection(parts.netloc)
        self._path = parts.path or "/"
        self._hang = frozenset(hang)
        self._crash = frozenset(crash)

    def call(self, number: str, request: str) -> str:
        try:
            self._http.connect()
        except OSError as error:
            raise CannotSend("the simulator cannot be reached") from error
        headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
        self._http.request("POST", self._path, request.encode(), headers)
        answer = self._http.getresponse().read().decode("utf-8", "replace")
        self._http.close()
        if number in self._hang:
            threading.Event().wait()
        if number in self._crash:
            os.abort()
        return answer


def load(options: Mapping[str, Any]) -> Rehearsal:
    return Rehearsal(options["url"], options["hang"], options["crash"])
