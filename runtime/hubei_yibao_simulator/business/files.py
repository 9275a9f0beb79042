"""9101 and 9102: the file store behind the file calls."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..catalogue import VERSION_NAME
from .core import Call, Fields, File, Output, handles, refuse

#: fixmedins_code under which directory files lie (published with 9102)
DIRECTORY_OWNER = "plc"
_NAMESPACE = uuid5(NAMESPACE_URL, VERSION_NAME)


def store(call: Call, filename: str, content: bytes, owner: str) -> Fields:
    """Keep a file for a day; the fields by which it is fetched."""
    key = uuid5(_NAMESPACE, f"{owner} {filename} {call.books.next('file')}").hex
    # directories: slashes and 32 hex digits as seen in two provinces, 40 characters as 13xx
    # print it; 9101 and 3202 print 30. Clients must take it as opaque
    query = f"fsi/plc/{key}" if owner == DIRECTORY_OWNER else f"fsi/{key[:26]}"
    expires = (call.now + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    call.books.insert("file", {
        "file_qury_no": query, "filename": filename, "owner": owner, "expires": expires,
        "content": content,
    })  # fmt: skip
    return {"file_qury_no": query, "filename": filename, "dld_endtime": expires}


def fetch(call: Call, query: Any, owner: str) -> File:
    row = call.books.row("SELECT * FROM file WHERE file_qury_no = ? AND owner = ?", query, owner)
    if row is None:
        refuse("没有该文件", "file_qury_no", "文件查询号")
    if row["expires"] < call.time:
        refuse("文件已过下载截止时间", "file_qury_no", "文件查询号")
    return File(row["filename"], row["content"])


@handles("9101")
def upload(call: Call) -> Output:
    data = call.node("fsUploadIn")
    if data.get("fixmedins_code") != call.institution:
        refuse("与报文头不一致", "fixmedins_code", "医药机构编号")
    content = call.upload if call.upload is not None else content_of(data.get("in"))
    stored = store(call, str(data.get("filename")), content, call.institution)
    return {None: {**stored, "fixmedins_code": call.institution}}


def content_of(value: Any) -> bytes:
    """File bytes out of JSON: an array of signed or unsigned bytes, or Base64 text."""
    if isinstance(value, list):
        if all(isinstance(byte, int) and -128 <= byte <= 255 for byte in value):
            return bytes(byte & 0xFF for byte in value)
        refuse("应为字节数组", "in", "文件数据")
    if isinstance(value, str) and value:
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            refuse("应为字节数组或 Base64", "in", "文件数据")
    refuse("不能为空", "in", "文件数据")


@handles("9102")
def download(call: Call) -> Output:
    data = call.node("fsDownloadIn")
    owner = str(data.get("fixmedins_code"))
    if owner not in (DIRECTORY_OWNER, call.institution):
        refuse("不是本机构的文件", "fixmedins_code", "医药机构编号")
    return {None: fetch(call, data.get("file_qury_no"), owner)}
