from __future__ import annotations

import json
import os
import threading
import urllib.request
from typing import Any

from comtypes import APARTMENT, BSTR, FAILS, COMError
from comtypes.automation import IDispatch

PROGID, METHOD, DISPID = "yinhai.yh_hb_sctr", "yh_hb_call", 1610743808


def CreateObject(progid: str, interface: object) -> Component:
    if "create" in FAILS:
        raise COMError(FAILS["create"], "没有注册类", None)
    if progid != PROGID:
        error = OSError("无效的类字符串")
        error.winerror = 0x800401F3 - 2**32  # type: ignore[attr-defined]
        raise error
    assert interface is IDispatch
    return Component()


class Component:
    """A late-bound object whose method writes its third, by-ref argument."""

    def GetIDsOfNames(self, name: str) -> list[int]:
        if name != METHOD:
            raise COMError(0x80020006 - 2**32, "未知名称。", None)
        return [DISPID]

    def Invoke(self, dispid: int, number: str, request: str, answer: Any) -> None:
        assert dispid == DISPID
        assert (2, threading.get_ident()) == APARTMENT  # COINIT_APARTMENTTHREADED, its own thread
        if number in FAILS:
            raise COMError(FAILS[number], "异常", (request,) * 5)
        target = answer._obj
        assert isinstance(target, BSTR)
        target.value = self._answer(number, request, type(target).__name__)

    def _answer(self, number: str, request: str, out: str) -> object:
        if number == "NULL":
            return None
        if number == "HALF":
            return '{"infcode": 0, "output": {"text": "' + chr(0xD83D) + '"}}'
        if number == "ECHO":
            assert json.loads(request)["infno"] == "ECHO"
            return json.dumps({"infcode": 0, "output": {"out": out, "request": request}})
        url = f"http://127.0.0.1:{os.environ['STANDIN_PORT']}/"
        headers = {"content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, request.encode(), headers)) as got:
            return got.read().decode()
