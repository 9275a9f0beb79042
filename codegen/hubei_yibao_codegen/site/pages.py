"""Pages of interfaces and the lists of them: path below the site's source → Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from ..emit.describe import DIRECTIONS, EFFECTS, INSTITUTIONS, OPEN, PROVENANCE
from ..emit.docs import page_values
from ..emit.escape import json_text
from ..ir.model import Dictionary, Interface, Package
from .examples import answer_example, request_example
from .relations import related
from .rendering import render
from .typed_call import INDENT, typed_call
from .words import in_plain_words

#: What a reader should make of a field table, by its provenance.
ORIGINS = {
    "published": "字段表见于湖北省公布的接口规范。",
    "national-baseline": "清单是湖北的；字段表取自国家基线（姊妹省印发的规范），湖北本省的字段表未见公开，联调时以医保局为准。",
    "code-evidence": "清单是湖北的；字段表未见公开规范，依据公开的程序代码整理，联调时须逐项核对。",
    "unspecified": "清单是湖北的；字段表未见公开。仍可调用，字段原样发送和读取，不作校验。",
}


def interface_pages(package: Package) -> dict[str, str]:
    """``interfaces/2207.md`` and so on."""
    tables = {each.key: each for each in package.dictionaries}
    names = {each.number: each.name for each in package.interfaces}
    relations = related(package)
    return {
        f"interfaces/{each.number}.md": _page(each, tables, relations[each.number], names)
        for each in package.interfaces
    }


def _page(
    interface: Interface,
    tables: Mapping[str, Dictionary],
    relations: list[tuple[str, str]],
    names: Mapping[str, str],
) -> str:
    labels = {key: each.label for key, each in tables.items()}
    request = request_example(interface, tables)
    call = typed_call(interface, request)
    amendments = tuple(in_plain_words(text) for text in interface.amendments)
    values = page_values(replace(interface, amendments=amendments), labels)
    values["sides"] = [
        (heading, name, [(wire, in_plain_words(text), rows) for wire, text, rows in sections])
        for heading, name, sections in values["sides"]
    ]
    return render(
        "interface.site.md.jinja",
        **values,
        labels=labels,
        origin=ORIGINS[interface.provenance],
        related=[(relation, number, names[number]) for relation, number in relations],
        imports=_imports(call),
        call="".join(f"{INDENT}{line}\n" for line in call.splitlines()).rstrip(),
        request=pretty(request) if request else "",
        answer=pretty(answer_example(interface, tables)),
    )


def _imports(call: str) -> list[str]:
    lines = ["from decimal import Decimal", ""] if "Decimal(" in call else []
    names = ["CallOptions"] if "CallOptions(" in call else []
    return [*lines, f"from hubei_yibao import {', '.join([*names, 'Client', 'Settings'])}"]


def pretty(message: Any, depth: int = 0) -> str:
    """JSON laid out for reading, money as exact numbers, nothing hidden in it."""
    pad, end = "  " * (depth + 1), "  " * depth
    if isinstance(message, Mapping) and message:
        rows = [f"{pad}{json_text(k)}: {pretty(v, depth + 1)}" for k, v in message.items()]
        return "{\n" + ",\n".join(rows) + f"\n{end}}}"
    if isinstance(message, list) and message:
        rows = [f"{pad}{pretty(item, depth + 1)}" for item in message]
        return "[\n" + ",\n".join(rows) + f"\n{end}]"
    if isinstance(message, Decimal):
        return str(message)
    return json_text(message) if not isinstance(message, bool) else json.dumps(message)


Sections = list[tuple[str, list[Interface]]]


def list_pages(package: Package) -> dict[str, str]:
    """All interfaces, and the same by category, institution, openness, direction, provenance."""
    everything = list(package.interfaces)
    unknown = [each for each in everything if not each.specified]
    callbacks = [each for each in everything if each.direction == "callback"]
    lists: dict[str, tuple[str, str, Sections]] = {
        "interfaces": (
            "接口一览",
            "按编号排列的全部接口；另有按分类、机构类型、是否开放的清单。",
            [("全部接口", everything)],
        ),
        "lists/category": (
            "按分类",
            "分类照清单的一级、二级目录。",
            _by(everything, lambda each: " / ".join(each.category)),
        ),
        "lists/institution": (
            "按机构类型",
            "清单写明由谁调用的接口；清单没有写的列在“清单未注明”下。",
            _by(everything, lambda each: INSTITUTIONS[each.institution]),
        ),
        "lists/open": (
            "按是否开放",
            "未开放的接口默认在本机拒绝，须在调用时写明 allow_closed=True。",
            _by(everything, lambda each: OPEN[each.open]),
        ),
        "lists/effect": (
            "按性质",
            "写操作的结局须记入日志，结果不明时须查清。",
            _by(everything, lambda each: EFFECTS[each.effect]),
        ),
        "lists/callback": (
            "平台回调",
            "由平台发起、机构系统应答的接口。",
            [(DIRECTIONS["callback"], callbacks)],
        ),
        "lists/unspecified": (
            "未见公开字段表",
            "这些接口在清单上，但没有找到公开的字段表：可用普通字典调用，不作校验。",
            [(PROVENANCE["unspecified"], unknown)],
        ),
    }
    return {
        f"{name}.md": _list(title, intro, sections, "../" * name.count("/"))
        for name, (title, intro, sections) in lists.items()
    }


def _by(interfaces: Iterable[Interface], key: Callable[[Interface], str]) -> Sections:
    """Grouped by ``key``, groups in the order in which they first occur."""
    order = {word: at for at, word in reversed(list(enumerate(key(each) for each in interfaces)))}
    ranked = sorted(interfaces, key=lambda each: order[key(each)])
    return [(word, list(group)) for word, group in groupby(ranked, key)]


def _list(title: str, intro: str, sections: Sections, up: str) -> str:
    rows = [(heading, [_row(each) for each in members]) for heading, members in sections]
    return render("list.md.jinja", title=title, intro=intro, sections=rows, up=up)


def _row(each: Interface) -> dict[str, str]:
    return {
        "number": each.number,
        "name": each.name,
        "call": "平台回调" if each.direction == "callback" else f"{each.group}.{each.method}",
        "institution": INSTITUTIONS[each.institution],
        "open": OPEN[each.open],
        "effect": EFFECTS[each.effect] + ("" if each.call_mode == "realtime" else "，定时"),
        "provenance": PROVENANCE[each.provenance].partition("（")[0],
    }
