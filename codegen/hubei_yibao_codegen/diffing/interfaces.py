"""An interface of the old edition against the same interface of the new one."""

from __future__ import annotations

from collections.abc import Iterable

from ..emit.describe import CALL_MODES, DIRECTIONS, EFFECTS, INSTITUTIONS, OPEN
from ..ir.model import Interface
from ..spec.convert import Path
from .change import Change
from .fields import Codes, Scope, compare_columns
from .nodes import compare_sides

#: Which callers each value of ``institution`` lets through; what is not stated refuses nobody.
_CALLERS = {
    "all": frozenset({"medical", "pharmacy"}),
    "unspecified": frozenset({"medical", "pharmacy"}),
    "medical": frozenset({"medical"}),
    "pharmacy": frozenset({"pharmacy"}),
}
_TITLES = {"input": "入参", "output": "出参"}
_TEXTS = {
    "name": "名称",
    "description": "说明",
    "category": "分类",
    "rules": "调用规则",
    "printed": "原文照录",
    "deprecated_reason": "停用原因",
    "provenance": "字段来源",
    "document": "依据文件",
    "amendments": "修订来源",
}
_KEYS = {"deprecated_reason": "deprecated", "document": "provenance", "amendments": "provenance"}


def compare_interfaces(
    old: Interface, new: Interface, old_codes: Codes, new_codes: Codes
) -> list[Change]:
    """All changes of one interface, head first."""
    key = new.number

    def change(rule: str, text: str, path: Path) -> Change:
        return Change(rule, "interface", key, text, path)

    changes = [change(*each) for each in (*_offer(old, new), *_nature(old, new), *_texts(old, new))]
    for side, title in _TITLES.items():
        sent = (side == "input") == (new.direction == "request")
        scope = Scope("interface", key, side, sent, title, old_codes=old_codes, new_codes=new_codes)
        before, after = (old.input, new.input) if side == "input" else (old.output, new.output)
        changes += compare_sides(before, after, scope)
    return changes + _files(old, new)


Said = Iterable[tuple[str, str, Path]]


def _offer(old: Interface, new: Interface) -> Said:
    """Who may call it, and how it is called."""
    if old.open != new.open:
        rule = {
            True: "interface-opened",
            False: "interface-closed",
            None: "interface-openness-unknown",
        }[new.open]
        yield rule, f"是否开放：{OPEN[old.open]} → {OPEN[new.open]}", ("open",)
    if old.institution != new.institution:
        kept = _CALLERS[old.institution] <= _CALLERS[new.institution]
        rule = "institution-widened" if kept else "institution-narrowed"
        text = f"调用方：{INSTITUTIONS[old.institution]} → {INSTITUTIONS[new.institution]}"
        yield rule, text, ("institution",)
    if old.operation != new.operation:
        yield "operation-renamed", f"操作名 {old.operation} → {new.operation}", ("operation",)
    if old.replaced_by != new.replaced_by:
        if new.replaced_by:
            yield "deprecated", f"停用，由接口 {new.replaced_by} 取代", ("deprecated",)
        else:
            text = f"恢复使用，不再由接口 {old.replaced_by} 取代"
            yield "deprecation-withdrawn", text, ()


def _nature(old: Interface, new: Interface) -> Said:
    if old.direction != new.direction:
        text = f"方向：{DIRECTIONS[old.direction]} → {DIRECTIONS[new.direction]}"
        yield "direction-changed", text, ("direction",)
    if old.effect != new.effect:
        text = f"性质：{EFFECTS[old.effect]} → {EFFECTS[new.effect]}"
        yield "effect-changed", text, ("effect",)
    if old.call_mode != new.call_mode:
        text = f"调用方式：{CALL_MODES[old.call_mode]} → {CALL_MODES[new.call_mode]}"
        yield "call-mode-changed", text, ("call_mode",)
    if old.reversible != new.reversible:
        rule = "reversal-allowed" if new.reversible else "reversal-withdrawn"
        yield rule, "可冲正" if new.reversible else "不再可冲正", ("reversible",)
    if old.role != new.role:
        if old.role:
            yield "role-withdrawn", f"不再担任 {old.role}", ("role",)
        if new.role:
            yield "role-given", f"担任 {new.role}", ("role",)
    if old.cancels != new.cancels:
        text = f"所撤销的接口：{_listed(old.cancels)} → {_listed(new.cancels)}"
        yield "cancels-changed", text, ("cancels",)


def _listed(numbers: tuple[str, ...]) -> str:
    return "、".join(numbers) or "无"


def _texts(old: Interface, new: Interface) -> Said:
    for name, title in _TEXTS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before == after or (name == "deprecated_reason" and old.replaced_by != new.replaced_by):
            continue
        key = _KEYS.get(name, name)
        text = f"名称 {before} → {after}" if name == "name" else f"{title}有修订"
        yield "text-changed", text, (key,)


def _files(old: Interface, new: Interface) -> list[Change]:
    before = {layout.name: layout for layout in old.files}
    after = {layout.name: layout for layout in new.files}
    changes: list[Change] = []
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            text = f"删除文件 {before[name].label}"
            changes.append(Change("file-removed", "interface", new.number, text, ("files",)))
            continue
        layout = after[name]
        path: Path = ("files", new.files.index(layout))
        if name not in before:
            text = f"新增文件 {layout.label}（{len(layout.columns)} 列）"
            changes.append(Change("file-added", "interface", new.number, text, path))
            continue
        sent = layout.direction == "upload"
        title = f"{'上传' if sent else '下载'}文件{layout.label}"
        scope = Scope("interface", new.number, name, sent, title)
        changes += compare_columns(before[name].columns, layout.columns, (*path, "columns"), scope)
        texts = (before[name].label, before[name].note, before[name].source)
        if texts != (layout.label, layout.note, layout.source):
            changes.append(scope.change("text-changed", f"{title}说明有修订", path))
    return changes
