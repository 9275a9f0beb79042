"""The frame of request and answer: reading, checking, writing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from .money import loads

#: key, label, most characters, required: as ``spec/platform.yaml`` lists them
FIELDS = (
    ("infno", "交易编号", 5, True),
    ("msgid", "发送方报文ID", 30, True),
    ("mdtrtarea_admvs", "就医地医保区划", 6, True),
    ("insuplc_admdvs", "参保地医保区划", 6, False),
    ("recer_sys_code", "接收方系统代码", 10, True),
    ("infver", "接口版本号", 6, True),
    ("opter_type", "经办人类别", 3, True),
    ("opter", "经办人", 30, True),
    ("opter_name", "经办人姓名", 50, True),
    ("inf_time", "交易时间", 19, True),
    ("fixmedins_code", "定点医药机构编号", 14, True),
    ("fixmedins_name", "定点医药机构名称", 200, True),
    ("sign_no", "交易签到流水号", 30, False),
    ("cainfo", "数字签名信息", 1024, False),
)
OPERATORS = ("1", "2", "3")
#: institution, time, sequence: 30 characters in all
MSGID = re.compile(r"[0-9A-Za-z]{12}[0-9]{14}[0-9]{4}")


class Unreadable(ValueError):
    """The body is no request message."""


def read(body: bytes | str) -> dict[str, Any]:
    """The message as received; ``input`` may come as JSON text (as one Hubei client sends it)."""
    try:
        message = loads(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable("报文不是有效的 UTF-8 JSON") from None
    if not isinstance(message, dict):
        raise Unreadable("报文应为 JSON 对象")
    given = message.get("input")
    if isinstance(given, str):
        try:
            message["input"] = loads(given or "{}")
        except (msgspec.DecodeError, RecursionError):
            raise Unreadable("input 不是有效的 JSON") from None
    return message


def check(message: Mapping[str, Any]) -> list[str]:
    """What is wrong with the envelope."""
    faults = []
    for key, label, length, required in FIELDS:
        value = message.get(key)
        if value is None or value == "":
            if required:
                faults.append(f"{key} {label}：不能为空")
        elif not isinstance(value, str):
            faults.append(f"{key} {label}：应为字符型")
        elif len(value) > length:
            faults.append(f"{key} {label}：长度{len(value)}超过{length}")
    if faults:
        return faults
    if not MSGID.fullmatch(message["msgid"]):
        faults.append("msgid 发送方报文ID：应为机构编号12位、时间14位、顺序号4位")
    if message["opter_type"] not in OPERATORS:
        faults.append("opter_type 经办人类别：不在字典中")
    try:
        datetime.strptime(message["inf_time"], "%Y-%m-%d %H:%M:%S")
    except ValueError:
        faults.append("inf_time 交易时间：应为 yyyy-MM-dd HH:mm:ss")
    if not isinstance(message.get("input"), dict):
        faults.append("input 交易输入：应为对象")
    elif carries(message["input"], "psn_no") and not message.get("insuplc_admdvs"):
        faults.append("insuplc_admdvs 参保地医保区划：交易输入含人员编号时不能为空")
    return faults


def carries(value: Any, name: str) -> bool:
    """Whether a field of this name is filled anywhere in the input."""
    if isinstance(value, dict):
        return bool(value.get(name)) or any(carries(part, name) for part in value.values())
    return isinstance(value, list) and any(carries(part, name) for part in value)


def answer(
    received: datetime, now: datetime, serial: int, infcode: str, err_msg: str, output: Any
) -> dict[str, Any]:
    """The response message."""
    return {
        "infcode": infcode,
        "inf_refmsgid": f"SIM{now:%Y%m%d%H%M%S}{serial:013d}",
        "refmsg_time": stamp(received),
        "respond_time": stamp(now),
        "err_msg": err_msg[:200],
        "output": output,
    }


def stamp(moment: datetime) -> str:
    """17 digits: yyyyMMddHHmmssSSS."""
    return moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"
