"""Stands in for comtypes where there is no Windows: the part of its surface the bridge uses.

Like comtypes it initialises the apartment of the importing thread by ``sys.coinit_flags``.
STANDIN_PORT: the object passes messages on to a simulator; STANDIN_FAILS: JSON, what fails how.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading

APARTMENT = (getattr(sys, "coinit_flags", None), threading.get_ident())
FAILS = json.loads(os.environ.get("STANDIN_FAILS", "{}"))


class COMError(Exception):
    def __init__(self, hresult: int, text: str | None, details: object) -> None:
        super().__init__(hresult, text, details)
        self.hresult, self.text, self.details = hresult, text, details


class BSTR(ctypes.Structure):
    """``ctypes.byref`` takes it, and the object behind a call writes its ``value``."""

    def __init__(self, value: str | None = None) -> None:
        super().__init__()
        self.value: object = value
