"""Input or output of an interface in the old edition against the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..ir.model import Node, Side
from ..spec.convert import Path
from .change import Change, Target
from .fields import Scope, compare_fields, repetition, told


def compare_sides(old: Side, new: Side, scope: Scope) -> list[Change]:
    """Changes of all nodes and fields of one side."""
    path: Path = (scope.side,)
    if old.nodes is None or new.nodes is None:
        if old.nodes == new.nodes:
            return []
        rule, said = (
            ("published", "字段表公布") if old.nodes is None else ("withdrawn", "字段表撤回")
        )
        target = Target(scope.side)
        return [scope.change(f"{scope.way}-fields-{rule}", scope.title + said, path, target)]
    changes: list[Change] = []
    several = len([node for node in (*old.nodes, *new.nodes) if node.wire]) > 2
    for before, after in pair(old.nodes, new.nodes):
        if after is None:
            assert before is not None
            changes.append(_removed(before, path, scope))
        elif before is None:
            changes.append(_added(after, new, path, scope))
        else:
            index = new.nodes.index(after)
            prefix = f"{after.wire}." if after.wire and several else ""
            inner = replace(scope, prefix=prefix, node=before.wire or "")
            changes += _compare(before, after, (*path, index), inner)
    return changes


def pair(old: Sequence[Node], new: Sequence[Node]) -> list[tuple[Node | None, Node | None]]:
    """Nodes that belong together: by name, by an alias of the new one, and the one that stands
    directly in the message with its like."""
    by_name = {node.wire: node for node in new}
    taken = {node.wire for node in old} & set(by_name)
    by_alias = {alias: node for node in new if node.wire not in taken for alias in node.aliases}
    pairs: list[tuple[Node | None, Node | None]] = []
    found: set[str | None] = set()
    for node in old:
        other = by_name.get(node.wire) or (by_alias.get(node.wire) if node.wire else None)
        if other is not None:
            found.add(other.wire)
        pairs.append((node, other))
    return pairs + [(None, node) for node in new if node.wire not in found]


def _named(node: Node) -> str:
    label = f"（{node.label}）" if node.label else ""
    return f"节点 {node.wire}{label}" if node.wire else "直接字段"


def _target(node: Node, scope: Scope) -> Target:
    names = dict.fromkeys((node.wire or "", node.attribute, *node.aliases))
    return Target(scope.side, node.wire or "", tuple(name for name in names if name))


def _removed(node: Node, path: Path, scope: Scope) -> Change:
    fields = tuple(field.wire for field in node.fields)
    target = _target(node, scope) if node.wire else Target(scope.side, names=fields)
    text = f"{scope.title}删除{_named(node)}"
    return scope.change(f"{scope.way}-node-removed", text, path, target)


def _added(node: Node, side: Side, path: Path, scope: Scope) -> Change:
    needed = scope.sent and side.node_needed(node)
    text = f"{scope.title}新增{_named(node)}：{'、'.join(told(field) for field in node.fields)}"
    target = Target()
    if needed:
        first = next(field.wire for field in node.fields if field.required is True)
        target = Target(scope.side, added=node.wire or first)
    index = (side.nodes or ()).index(node)
    rule = f"{scope.way}-node-added{'-required' if needed else ''}"
    return scope.change(rule, text, (*path, index), target)


def _compare(old: Node, new: Node, path: Path, scope: Scope) -> list[Change]:
    changes: list[Change] = []
    name = f"{scope.title}{_named(new)}"
    target = _target(old, scope)
    if old.wire != new.wire:
        text = f"{scope.title}节点 {old.wire} 更名为 {new.wire}"
        rule = f"{scope.way}-node-renamed"
        changes.append(scope.change(rule, text, (*path, "node"), target))
    for rule, said, key in repetition(old.repeated, new.repeated, scope.sent):
        changes.append(scope.change(rule, name + said, (*path, key), target))
    before, after = {old.wire, *old.aliases}, {new.wire, *new.aliases}
    for gone in sorted(str(alias) for alias in before - after):
        text = f"{name} 不再认别名 {gone}"
        rule = f"{scope.way}-alias-removed"
        changes.append(scope.change(rule, text, (*path, "aliases"), target))
    for more in sorted(str(alias) for alias in after - before - {new.wire}):
        text = f"{name} 增认别名 {more}"
        changes.append(scope.change(f"{scope.way}-alias-added", text, (*path, "aliases")))
    if old.label != new.label:
        text = f"{name} 名称 {old.label or '无'} → {new.label or '无'}"
        changes.append(scope.change("text-changed", text, (*path, "label")))
    if (old.note, old.correction, old.source) != (new.note, new.correction, new.source):
        changes.append(scope.change("text-changed", f"{name} 说明有修订", (*path, "note")))
    return changes + compare_fields(old.fields, new.fields, (*path, "fields"), scope)
