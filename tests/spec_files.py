"""Small specs written to a folder, for tests of loading and lint."""

from __future__ import annotations

from pathlib import Path

HEAD = """\
number: "2207"
name: 门诊结算
operation: outpatient.settle
category: [2-医保服务, 2-门急诊结算]
call_mode: realtime
description: 正式结算
institution: medical
open: true
direction: request
effect: write
reversible: true
"""
TAIL = """\
output: unspecified
provenance: {listing: hubei, fields: national-baseline}
"""
FIELD = "      - {name: psn_no, label: 人员编号, type: string, length: 30, required: true}\n"
INPUT = "input:\n  - node: data\n    repeated: false\n    fields:\n"
PLATFORM = """\
title: 假省平台
edition: "1"
envelope: {request: [], response: []}
constants: {}
"""
INTERFACE = HEAD + INPUT + FIELD + TAIL
DICTIONARY = """\
key: med_type
label: 医疗类别
codes:
  - {code: "11", label: 普通门诊}
provenance: {source: national-baseline}
"""
PATH = "interfaces/2-services/2207.yaml"
TABLE = "dictionaries/med_type.yaml"


def with_fields(*fields: str) -> str:
    """An interface whose fields start on line 16, one a line."""
    return HEAD + INPUT + "".join(f"      - {field}\n" for field in fields) + TAIL


def other(number: str, operation: str, text: str = INTERFACE) -> str:
    """Another interface than 2207."""
    return text.replace('"2207"', f'"{number}"').replace("outpatient.settle", operation)


def write(root: Path, files: dict[str, str | bytes] | None = None, **more: str | bytes) -> Path:
    """A spec folder with a platform file and ``files`` by path."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("interfaces", "dictionaries"):
        (root / name).mkdir(exist_ok=True)
    for name, text in {"platform.yaml": PLATFORM, **(files or {}), **more}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root
