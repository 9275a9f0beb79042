"""A field of the old edition against the same field of the new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..emit.describe import kind as kind_text
from ..emit.describe import required as required_text
from ..emit.describe import size as size_text
from ..ir.model import Column, Field
from ..spec.convert import Path
from ..spec.load import Kind
from .change import Change, Target

#: Codes a value may have; None where any may be sent.
Codes = Callable[[str], frozenset[str] | None]

#: A request of the first type is also one of the second.
_WIDER = {("string", "text"), ("text", "string"), ("integer", "decimal")}
#: Answers of these types are the same in Python.
_ALIKE = {frozenset({"string", "text"})}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where fields stand: which side of which interface, and the code tables of both editions."""

    kind: Kind
    key: str
    side: str  #: input | output
    sent: bool  #: by the institution
    title: str  #: 入参 | 出参 | 上传文件 … | 请求 | 应答
    prefix: str = ""  #: of the field's name in texts
    node: str = ""
    old_codes: Codes = lambda key: None
    new_codes: Codes = lambda key: None

    @property
    def way(self) -> str:
        return "request" if self.sent else "response"

    def change(self, rule: str, text: str, path: Path, target: Target | None = None) -> Change:
        return Change(rule, self.kind, self.key, text, path, target or Target())

    def target(self, field: Field) -> Target:
        names = dict.fromkeys((field.wire, field.attribute, *field.aliases))
        return Target(self.side, self.node, tuple(names))

    def named(self, field: Field) -> str:
        label = f"（{field.label}）" if field.label else ""
        return f"{self.title} {self.prefix}{field.wire}{label}"


def told(field: Field) -> str:
    """``memo（备注，非必填）``."""
    need = required_text(field.required) or "非必填"
    return f"{field.wire}（{'，'.join(part for part in (field.label, need) if part)}）"


def pair(old: Sequence[Field], new: Sequence[Field]) -> list[tuple[Field | None, Field | None]]:
    """Fields that belong together: by name, then by an alias the new one carries."""
    by_name = {field.wire: field for field in new}
    taken = {field.wire for field in old} & set(by_name)
    by_alias = {alias: field for field in new if field.wire not in taken for alias in field.aliases}
    pairs: list[tuple[Field | None, Field | None]] = []
    found: set[str] = set()
    for field in old:
        other = by_name.get(field.wire) or by_alias.get(field.wire)
        if other is not None:
            found.add(other.wire)
        pairs.append((field, other))
    return pairs + [(None, field) for field in new if field.wire not in found]


def compare_fields(
    old: Sequence[Field], new: Sequence[Field], path: Path, scope: Scope
) -> list[Change]:
    """Changes of fields that stand side by side; ``path`` is that of the new list of fields."""
    places = {field.wire: (*path, index) for index, field in enumerate(new)}
    changes: list[Change] = []
    for before, after in pair(old, new):
        if after is None:
            assert before is not None
            rule = f"{scope.way}-field-removed"
            text = f"{scope.title}删除 {scope.prefix}{told(before)}"
            changes.append(scope.change(rule, text, path, scope.target(before)))
        elif before is None:
            changes.append(_added(after, (*places[after.wire], "name"), scope))
        else:
            changes += _compare(before, after, places[after.wire], scope)
    return changes


def _added(field: Field, path: Path, scope: Scope) -> Change:
    needed = scope.sent and field.required is True
    rule = f"{scope.way}-field-added{'-required' if needed else ''}"
    target = Target(scope.side, scope.node, added=field.wire) if needed else Target()
    return scope.change(rule, f"{scope.title}新增 {scope.prefix}{told(field)}", path, target)


def _compare(old: Field, new: Field, path: Path, scope: Scope) -> list[Change]:
    found: list[tuple[str, str, str]] = []
    if old.wire != new.wire:
        text = f"{scope.title} {scope.prefix}{old.wire} 更名为 {told(new)}"
        found.append((f"{scope.way}-field-renamed", text, "name"))
    name = scope.named(new)
    for rule, said, key in (
        *_type(old, new, scope.sent),
        *_size(old, new, scope.sent),
        *_required(old, new, scope.sent),
        *_repeated(old, new, scope),
        *_dictionary(old, new, scope),
        *_aliases(old, new, scope.way),
        *_rest(old, new, scope.way),
    ):
        found.append((rule, f"{name}{said}", key))
    target = scope.target(old)
    changes = [scope.change(rule, text, (*path, key), target) for rule, text, key in found]
    if old.kind == new.kind == "object":
        inner = replace(scope, prefix=f"{scope.prefix}{new.wire}.")
        changes += compare_fields(old.fields, new.fields, (*path, "fields"), inner)
    return changes


Said = Iterable[tuple[str, str, str]]


def _type(old: Field | Column, new: Field | Column, sent: bool) -> Said:
    if old.kind == new.kind:
        return
    text = f" 类型 {kind_text(old)} → {kind_text(new)}"
    if not sent:
        alike = frozenset({old.kind, new.kind}) in _ALIKE
        yield ("text-changed" if alike else "response-type-changed"), text, "type"
    elif new.kind is None or (old.kind, new.kind) in _WIDER:
        yield "request-type-widened", text, "type"
    else:
        yield "request-type-narrowed", text, "type"


def _size(old: Field | Column, new: Field | Column, sent: bool) -> Said:
    before, after = _room(old), _room(new)
    if before == after or (old.kind != new.kind and (old.kind, new.kind) not in _WIDER):
        return
    word = "精度" if old.precision or new.precision else "长度"
    text = f" {word} {size_text(old) or '不限'} → {size_text(new) or '不限'}"
    key = "precision" if new.precision else "length"
    if not sent:
        yield "response-size-changed", text, key
        return
    shrunk = any(b > a for b, a in zip(before, after, strict=True))
    yield f"request-size-{'shrunk' if shrunk else 'grown'}", text, key


def _room(field: Field | Column) -> tuple[float, float, float]:
    """Characters, digits before and digits after the point a value may have."""
    length = float("inf") if field.length is None else field.length
    if field.precision is None:
        return length, float("inf"), float("inf")
    digits, places = field.precision
    return length, digits - places, places


def _required(old: Field, new: Field, sent: bool) -> Said:
    if old.required == new.required:
        return
    if new.required is True:
        rule = "request-field-became-required" if sent else "response-requirement-changed"
        yield rule, " 改为必填", "required"
    else:
        rule = "request-field-became-optional" if sent else "response-requirement-changed"
        said = " 改为非必填" if new.required is False else " 是否必填改为未注明"
        yield rule, said, "required"


def repetition(old: bool | None, new: bool | None, sent: bool) -> Said:
    """Of a field or node: single to several and back; None where unknown."""
    if old == new:
        return
    words = {True: "可多个", False: "单个", None: "是否多个未注明"}
    text = f" {words[old]} → {words[new]}"
    if sent and new is None:
        yield "request-repetition-widened", text, "repeated"
    else:
        yield f"{'request' if sent else 'response'}-repetition-changed", text, "repeated"


def _repeated(old: Field, new: Field, scope: Scope) -> Said:
    return repetition(old.repeated, new.repeated, scope.sent)


def _dictionary(old: Field, new: Field, scope: Scope) -> Said:
    if old.dictionary == new.dictionary:
        return
    text = f" 代码表 {old.dictionary or '无'} → {new.dictionary or '无'}"
    if not scope.sent:
        yield "response-codes-changed", text, "dictionary"
        return
    before = scope.old_codes(old.dictionary) if old.dictionary else None
    after = scope.new_codes(new.dictionary) if new.dictionary else None
    narrowed = after is not None and (before is None or not before <= after)
    yield f"request-codes-{'narrowed' if narrowed else 'widened'}", text, "dictionary"


def _aliases(old: Field, new: Field, way: str) -> Said:
    before = {old.wire, *old.aliases}
    after = {new.wire, *new.aliases}
    for name in sorted(before - after):
        yield f"{way}-alias-removed", f" 不再认别名 {name}", "aliases"
    for name in sorted(after - before - {new.wire}):
        yield f"{way}-alias-added", f" 增认别名 {name}", "aliases"


def _rest(old: Field, new: Field, way: str) -> Said:
    if old.format != new.format:
        text = f" 格式 {old.format or '未注明'} → {new.format or '未注明'}"
        yield f"{way}-format-changed", text, "format"
    if old.sensitive != new.sensitive:
        yield (
            "sensitivity-changed",
            (" 改为敏感信息" if new.sensitive else " 不再作敏感信息"),
            "sensitive",
        )
    if old.label != new.label:
        yield "text-changed", f" 名称 {old.label or '无'} → {new.label or '无'}", "label"
    if old.note != new.note:
        yield "text-changed", " 说明有修订", "note"
    if old.coded != new.coded and old.dictionary == new.dictionary:
        yield "text-changed", f" {'标为' if new.coded else '不再标为'}代码字段", "coded"
    if (old.correction, old.source) != (new.correction, new.source):
        yield "text-changed", " 勘误或来源有修订", "name"


def compare_columns(
    old: Sequence[Column], new: Sequence[Column], path: Path, scope: Scope
) -> list[Change]:
    """Changes of a file's columns; they are what stands at a position."""
    after = {column.position: column for column in new}
    before = {column.position: column for column in old}
    where = {_identity(column): column.position for column in new}
    changes: list[Change] = []
    for position, column in before.items():
        moved = where.get(_identity(column))
        name = f"{scope.title}第 {position} 列（{column.label or column.name}）"
        if moved is not None and moved != position:
            changes.append(scope.change("column-moved", f"{name}移到第 {moved} 列", path))
        elif position not in after:
            changes.append(scope.change("column-removed", f"{name}删除", path))
        elif position in after:
            changes += _compare_column(column, after[position], name, path, scope)
    known = {_identity(column) for column in old}
    for column in new:
        if column.position not in before and _identity(column) not in known:
            rule = f"{'upload' if scope.sent else 'download'}-column-added"
            text = f"{scope.title}新增第 {column.position} 列（{column.label or column.name}）"
            changes.append(scope.change(rule, text, path))
    return changes


def _identity(column: Column) -> str:
    return column.name or column.label


def _compare_column(
    old: Column, new: Column, name: str, path: Path, scope: Scope
) -> Iterable[Change]:
    if old.name and old.name != new.name:
        text = f"{name}代码 {old.name} → {new.name or '无'}"
        yield scope.change(f"{scope.way}-field-renamed", text, path)
    for rule, said, _ in (*_type(old, new, scope.sent), *_size(old, new, scope.sent)):
        yield scope.change(rule, name + said, path)
    if old.sensitive != new.sensitive:
        yield scope.change("sensitivity-changed", f"{name}敏感标记有变", path)
    texts = (old.label, old.note, old.source, old.dictionary, old.role)
    if texts != (new.label, new.note, new.source, new.dictionary, new.role):
        label = f" 名称 → {new.label}" if old.label != new.label else "说明有修订"
        yield scope.change("text-changed", name + label, path)


def codes_of(tables: Mapping[str, frozenset[str] | None]) -> Codes:
    """Codes by table; None for one that is unknown or incomplete."""
    return tables.get
