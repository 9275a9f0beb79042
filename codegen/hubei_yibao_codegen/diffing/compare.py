"""Two editions of the spec, compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..ir import model as ir
from ..ir.build import build_interface, natural
from ..spec.load import Spec
from ..spec.model import Dictionary, EnvelopeField, Interface, Platform
from .change import LEVELS, Change, Target
from .fields import Scope, compare_fields
from .interfaces import compare_interfaces


def compare(old: Spec, new: Spec) -> list[Change]:
    """Every change from ``old`` to ``new``, by interface and code table, the gravest first.

    An interface that is gone but named its successor (``deprecated.replaced_by``) is compared
    with it, if the successor is new.
    """
    changes = [
        *_interfaces(old, new),
        *_dictionaries(old.dictionaries, new.dictionaries),
        *_platform(old.platform, new.platform),
    ]
    kinds = ("interface", "dictionary", "platform")
    return sorted(
        changes,
        key=lambda each: (kinds.index(each.kind), natural(each.key), LEVELS.index(each.level)),
    )


def open_codes(spec: Spec) -> dict[str, frozenset[str] | None]:
    """Codes a request may use, by table; None where the table is known to be incomplete."""
    return {
        key: frozenset(code.code for code in table.codes) if table.complete else None
        for key, table in spec.dictionaries.items()
    }


def _interfaces(old: Spec, new: Spec) -> Iterator[Change]:
    old_codes, new_codes = open_codes(old).get, open_codes(new).get
    successors: set[str] = set()
    for number, interface in old.interfaces.items():
        if interface == new.interfaces.get(number):
            continue
        before = build_interface(interface)
        other = new.interfaces.get(number)
        if other is not None:
            after = build_interface(other)
            rest = Change("text-changed", "interface", number, "次序或注记有修订", ("number",))
            yield from compare_interfaces(before, after, old_codes, new_codes) or [rest]
            continue
        successor = before.replaced_by
        text = f"删除（{before.name}）" + (f"，改用接口 {successor}" if successor else "")
        yield Change("interface-removed", "interface", number, text)
        if successor in new.interfaces and successor not in old.interfaces:
            successors.add(successor)
            after = build_interface(new.interfaces[successor])
            text = f"取代接口 {number}（{before.name}）"
            yield Change("interface-renumbered", "interface", successor, text, ("number",))
            yield from compare_interfaces(before, after, old_codes, new_codes)
    for number in new.interfaces.keys() - old.interfaces.keys() - successors:
        yield _new_interface(new.interfaces[number])


def _new_interface(interface: Interface) -> Change:
    opened = {True: "已开放", False: "未开放", "unknown": "是否开放未注明"}[interface.open]
    text = f"新增（{interface.name}，{opened}）"
    return Change("interface-added", "interface", interface.number, text, ("number",))


def _dictionaries(old: Mapping[str, Dictionary], new: Mapping[str, Dictionary]) -> Iterator[Change]:
    renamed = {
        name: table.key
        for table in new.values()
        if table.key not in old
        for name in table.aliases
        if name in old and name not in new
    }
    for key, table in old.items():
        other = new.get(renamed.get(key, key))
        if other is None:
            yield Change("dictionary-removed", "dictionary", key, f"删除（{table.label}）")
            continue
        if other.key != key:
            text = f"更名，原为 {key}（{table.label}）"
            yield Change("dictionary-renamed", "dictionary", other.key, text, ("key",), _named(key))
        if other != table:
            yield from _dictionary(table, other)
    for key in new.keys() - old.keys() - set(renamed.values()):
        text = f"新增（{new[key].label}，{len(new[key].codes)} 个代码）"
        yield Change("dictionary-added", "dictionary", key, text, ("key",))


def _named(key: str) -> Target:
    return Target(names=(key,))


def _dictionary(old: Dictionary, new: Dictionary) -> Iterator[Change]:
    before = {code.code: code for code in old.codes}
    after = {code.code: (index, code) for index, code in enumerate(new.codes)}
    for name, code in before.items():
        if name not in after:
            rule = "code-removed" if new.complete else "code-removed-from-open-table"
            text = f"删除代码 {name}（{code.label}）"
            target = Target(names=(old.key,), code=name)
            yield Change(rule, "dictionary", new.key, text, ("codes",), target)
            continue
        index, other = after[name]
        if code.label != other.label:
            text = f"代码 {name} 名称 {code.label} → {other.label}"
            yield Change("text-changed", "dictionary", new.key, text, ("codes", index, "label"))
        elif code != other:
            text = f"代码 {name} 说明有修订"
            yield Change("text-changed", "dictionary", new.key, text, ("codes", index))
    for name, (index, code) in after.items():
        if name not in before:
            text = f"新增代码 {name}（{code.label}）"
            yield Change("code-added", "dictionary", new.key, text, ("codes", index))
    if old.complete != new.complete:
        rule = "dictionary-closed" if new.complete else "dictionary-opened"
        text = "改为只准用表内代码" if new.complete else "改为可用表外代码"
        yield Change(rule, "dictionary", new.key, text, ("complete",), _named(old.key))
    if old.label != new.label:
        text = f"名称 {old.label} → {new.label}"
        yield Change("text-changed", "dictionary", new.key, text, ("label",))
    heads = (old.aliases, old.note, old.provenance), (new.aliases, new.note, new.provenance)
    if heads[0] != heads[1]:
        yield Change("text-changed", "dictionary", new.key, "说明有修订", ("key",))


def _platform(old: Platform | None, new: Platform | None) -> Iterator[Change]:
    if old is None or new is None or old == new:
        return
    for side, title in (("request", "请求"), ("response", "应答")):
        scope = Scope("platform", "platform", side, side == "request", title)
        before, after = getattr(old.envelope, side), getattr(new.envelope, side)
        path = ("envelope", side)
        yield from compare_fields(_envelope(before), _envelope(after), path, scope)
    for name in dict.fromkeys((*old.constants, *new.constants)):
        first, second = old.constants.get(name), new.constants.get(name)
        path = ("constants", name)
        if first is None or second is None or first.value != second.value:
            was, now = (rule.value if rule else "无" for rule in (first, second))
            yield Change(
                "constant-changed", "platform", "platform", f"常量 {name}：{was} → {now}", path
            )
        elif first != second:
            yield Change("text-changed", "platform", "platform", f"常量 {name} 说明有修订", path)
    for name, title in (("title", "标题"), ("edition", "版次")):
        if getattr(old, name) != getattr(new, name):
            text = f"{title} {getattr(old, name)} → {getattr(new, name)}"
            yield Change("text-changed", "platform", "platform", text, (name,))


def _envelope(fields: Iterable[EnvelopeField]) -> tuple[ir.Field, ...]:
    """The frame's fields as fields of a message, so that the same rules hold for them."""
    return tuple(
        ir.Field(
            wire=field.name,
            attribute=field.name,
            label=field.label,
            kind=field.type,
            length=field.length,
            precision=None,
            required=field.required if isinstance(field.required, bool) else None,
            repeated=False,
            dictionary=field.dictionary,
            coded=False,
            aliases=field.aliases,
            sensitive=field.sensitive,
            format=None,
            note=f"{field.note or ''}{'（有条件必填）' if field.required == 'conditional' else ''}",
            correction="",
            source=field.provenance.model_dump_json(),
            class_name="",
            fields=(),
        )
        for field in fields
    )
