"""A COM component called late-bound: ``yh_hb_call(number, request, by-ref answer)``.

Seen in two public Hubei clients; what the method returns beside the answer, and whether it has a
type library, is not known, so nothing of it is used. Texts are BSTR, that is UTF-16.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from . import CannotLoad, Unclear

#: Reasons of Windows in plain words.
_HINTS = {
    0x80040154: "class not registered; a 32-bit component needs a 32-bit Python (`python` of the "
    "instance), an unregistered one regsvr32 or the vendor's installer",
    0x800401F3: "unknown ProgID; the component is not installed for this bitness",
    0x80070005: "access denied; the service's account may not start it",
}


class ComComponent:
    """Holds the object in this thread's single-threaded apartment."""

    def __init__(self, progid: str, method: str, out: str) -> None:
        # read by comtypes when it initialises COM for the importing thread: COINIT_APARTMENTTHREADED
        sys.coinit_flags = 2  # type: ignore[attr-defined]
        try:
            comtypes = import_module("comtypes")
            client = import_module("comtypes.client")
            automation = import_module("comtypes.automation")
        except (ImportError, AttributeError) as error:
            raise CannotLoad("comtypes is not installed here, or this is not Windows") from error
        self._failure: type[Exception] = comtypes.COMError
        self._out = comtypes.BSTR if out == "bstr" else automation.VARIANT
        try:
            self._object = client.CreateObject(progid, interface=automation.IDispatch)
            self._dispid = self._object.GetIDsOfNames(method)[0]
        except (OSError, comtypes.COMError) as error:
            raise CannotLoad(f"{progid}.{method}: {_explained(error)}") from error

    def call(self, number: str, request: str) -> str:
        answer = self._out("")
        try:
            self._object.Invoke(self._dispid, number, request, ctypes.byref(answer))
        except (OSError, self._failure) as error:
            raise Unclear(f"the component failed: {_explained(error)}") from error
        value = answer.value
        if not isinstance(value, str):
            raise Unclear(f"the component gave {type(value).__name__} instead of a text")
        # a lone surrogate cannot be written as UTF-8
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def idle(self) -> None:
        """Deliver waiting window messages: an apartment that does not blocks others' broadcasts."""
        if sys.platform == "win32":
            message = ctypes.create_string_buffer(64)  # MSG has 28 or 48 bytes
            user32 = ctypes.windll.user32
            while user32.PeekMessageW(message, None, 0, 0, 1):
                user32.TranslateMessage(message)
                user32.DispatchMessageW(message)


def _explained(error: Exception) -> str:
    """Windows' number and our hint; its description is left out, it might quote the request."""
    code = getattr(error, "hresult", None) or getattr(error, "winerror", None) or 0
    code &= 0xFFFFFFFF
    hint = _HINTS.get(code)
    return f"{type(error).__name__} 0x{code:08X}" + (f" ({hint})" if hint else "")


def load(options: Mapping[str, Any]) -> ComComponent:
    return ComComponent(options["progid"], options["method"], options["out"])
