"""What a reader of a model, a signature or the documentation is told about a field."""

from __future__ import annotations

from collections.abc import Mapping

from ..ir.model import Column, Field, Interface, Node

KINDS = {
    "string": "字符型",
    "text": "文本",
    "integer": "整数",
    "decimal": "数值型",
    "date": "日期",
    "datetime": "日期时间",
    "boolean": "布尔",
    "bytes": "字节",
    "object": "对象",
}
INSTITUTIONS = {
    "all": "通用",
    "medical": "定点医疗机构",
    "pharmacy": "定点零售药店",
    "unspecified": "清单未注明",
}
OPEN = {True: "是", False: "否", None: "清单未注明"}
CALL_MODES = {"realtime": "实时", "daily": "定时/每天"}
EFFECTS = {"query": "查询", "write": "写入", "session": "会话", "transfer": "文件传输"}
DIRECTIONS = {"request": "机构调用平台", "callback": "平台回调机构"}
PROVENANCE = {
    "published": "本省接口规范",
    "national-baseline": "国家基线（姊妹省规范）",
    "code-evidence": "公开代码佐证",
    "unspecified": "未见公开字段表",
}

#: Labels of the code tables by key.
Tables = Mapping[str, str]


def size(field: Field | Column) -> str:
    """``30`` or ``16,2``; empty where no source gives one."""
    if field.precision:
        return f"{field.precision[0]},{field.precision[1]}"
    return str(field.length) if field.length else ""


def kind(field: Field | Column) -> str:
    return KINDS[field.kind] if field.kind else "类型未注明"


def required(value: bool | None) -> str:
    return {True: "必填", False: "", None: "是否必填未注明"}[value]


def facts(field: Field) -> str:
    """``字符型 30，必填``."""
    parts = [" ".join(part for part in (kind(field), size(field)) if part)]
    parts += [required(field.required)]
    if field.repeated:
        parts.append("可多个")
    return "，".join(part for part in parts if part)


def table_of(field: Field | Column, tables: Tables) -> str:
    """``代码表 med_type 医疗类别``; says so where a coded field has no known table."""
    if field.dictionary:
        return f"代码表 {field.dictionary} {tables.get(field.dictionary, '')}".strip()
    if isinstance(field, Field) and field.coded:
        return "代码字段，未见公开代码表"
    return ""


def field_text(field: Field, tables: Tables) -> str:
    """Everything in one line: label, facts, code table, rule, source."""
    parts = [table_of(field, tables), field.note]
    if field.format:
        parts.append(f"格式 {field.format}")
    if field.sensitive:
        parts.append("敏感信息")
    if field.correction:
        parts.append(f"勘误：{field.correction}")
    if field.source:
        parts.append(f"来源：{field.source}")
    head = f"{field.label or field.wire}（{facts(field)}）"
    return "；".join([head, *(part for part in parts if part)])


def node_text(node: Node) -> str:
    """``结算信息（单行）；…``."""
    rows = {True: "多行", False: "单行", None: "单行或多行未注明"}[node.repeated]
    parts = [f"{node.label or node.wire or '直接字段'}（{rows}）", node.note]
    if node.correction:
        parts.append(f"勘误：{node.correction}")
    if node.source:
        parts.append(f"来源：{node.source}")
    return "；".join(part for part in parts if part)


def interface_facts(interface: Interface) -> list[tuple[str, str]]:
    """What the listing says about the call, as (heading, value) pairs."""
    rows = [
        ("分类", " / ".join(interface.category)),
        ("调用方", INSTITUTIONS[interface.institution]),
        ("是否开放", OPEN[interface.open]),
        ("调用方式", CALL_MODES[interface.call_mode]),
        ("方向", DIRECTIONS[interface.direction]),
        ("性质", EFFECTS[interface.effect]),
        ("字段来源", PROVENANCE[interface.provenance]),
    ]
    if interface.document:
        rows.append(("依据文件", interface.document))
    if interface.reversible:
        rows.append(("可冲正", "是"))
    if interface.cancels:
        rows.append(("撤销", "、".join(interface.cancels)))
    if interface.replaced_by:
        reason = f"（{interface.deprecated_reason}）" if interface.deprecated_reason else ""
        rows.append(("已停用", f"改用 {interface.replaced_by}{reason}"))
    return rows
