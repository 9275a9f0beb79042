"""A DLL with ``INIT(errbuf)`` and ``BUSINESS_HANDLE(in, out)``, texts in GBK.

This is the shape of other provinces' components. The caller brings the answer's memory and the
DLL is not told how much there is, so the buffer is large, allocated once, and a full one means
that nobody knows what became of the call.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import CannotLoad, CannotSend, Unclear

OK, BUSINESS_ERROR = 0, -2  #: -1 is a system error, after which public clients reverse
_MESSAGE_BYTES = 64 * 1024  #: for INIT's text


class DllComponent:
    """Loads the library and runs its INIT; raises CannotLoad."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        path = Path(options["path"]).absolute()
        self._encoding: str = options["encoding"]
        stdcall = options["convention"] == "stdcall"
        loader = getattr(ctypes, "WinDLL", ctypes.CDLL) if stdcall else ctypes.CDLL
        try:
            os.chdir(options["folder"] or path.parent)  # such libraries read their ini from there
            library = loader(str(path))
            self._handle = getattr(library, options["handle"])
            init = getattr(library, options["init"]) if options["init"] else None
        except (OSError, AttributeError) as error:
            raise CannotLoad(f"{path.name}: {_explained(error)}") from error
        self._out = ctypes.create_string_buffer(options["out_bytes"])
        if init is not None:
            self._initialise(init)

    def _initialise(self, init: Any) -> None:
        text = ctypes.create_string_buffer(_MESSAGE_BYTES)
        code = init(text)
        if code != OK:
            said = " ".join(text.value.decode(self._encoding, "replace").split())[:200]
            raise CannotLoad(f"INIT gave {code}: {said}")

    def call(self, number: str, request: str) -> str:
        given = self._encoded(request)
        out = self._out
        out[0] = out[-1] = b"\0"
        code = self._handle(given, out)
        text = out.value
        if len(text) >= len(out) - 1 or out[-1] != b"\0":
            raise Unclear(f"the answer filled the buffer of {len(out)} bytes; raise out_bytes")
        answer = text.decode(self._encoding, "replace").strip()
        if code == OK or (code == BUSINESS_ERROR and _is_refusal(answer)):
            return answer
        raise Unclear(f"the component's function gave {code}")

    def _encoded(self, request: str) -> bytes:
        if "\0" in request:
            raise CannotSend("the message holds a NUL character, a C text cannot")
        try:
            return request.encode(self._encoding)
        except UnicodeEncodeError as error:
            place = _place(request, self._encoding) or "the message"
            raise CannotSend(
                f"{place}: character {error.start + 1} of the message cannot be written in "
                f"{self._encoding}"
            ) from error


def _explained(error: Exception) -> str:
    if getattr(error, "winerror", None) == 193:
        bits = struct.calcsize("P") * 8
        return f"it is not for this Python ({bits}-bit); set `python` of the instance"
    if isinstance(error, AttributeError):
        return "it does not export the function named in the configuration"
    return f"cannot be loaded ({type(error).__name__}); is it, and what it needs, there?"


def _is_refusal(answer: str) -> bool:
    """A message that says no itself; a business error with anything else stays unclear."""
    try:
        message = json.loads(answer)
    except ValueError:
        return False
    return isinstance(message, dict) and str(message.get("infcode", "0")) not in ("0", "None", "")


def _place(request: str, encoding: str) -> str | None:
    """Path of the first text or name that cannot be written, such as ``input.data.psn_name``."""
    for path, text in _texts(json.loads(request), ""):
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return path
    return None


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield path or "the message", name
            yield from _texts(item, f"{path}.{name}" if path else name)


def load(options: Mapping[str, Any]) -> DllComponent:
    return DllComponent(options)
