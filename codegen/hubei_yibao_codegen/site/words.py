"""Words of the spec files in plain Chinese, for readers who have never seen one."""

from __future__ import annotations

import re

from ..emit.describe import PROVENANCE

SOURCES = {
    **PROVENANCE,
    "hubei-client": "湖北公开程序",
    "field-practice": "现场用法",
}
KEYS = {
    "category": "分类",
    "coded": "代码字段",
    "columns": "列",
    "description": "说明",
    "dictionary": "代码表",
    "label": "名称",
    "length": "长度",
    "name": "字段名",
    "node": "节点名",
    "note": "备注",
    "precision": "精度",
    "repeated": "行数",
    "required": "必填",
    "type": "类型",
}
_SOURCE = re.compile(rf"(?<![\w-])(?:{'|'.join(SOURCES)})(?![\w-])")
_PRINTED = re.compile(rf"(?<=原文 )(?:{'|'.join(KEYS)})(?= 作)")


def in_plain_words(text: str) -> str:
    """``来源：hubei-client`` and ``原文 length 作“3”`` without the spec's own keys."""
    text = _SOURCE.sub(lambda match: SOURCES[match[0]], text)
    return _PRINTED.sub(lambda match: KEYS[match[0]], text)
