"""Random interfaces → document → import → the same interfaces."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_codegen.importing.apply import apply
from hubei_yibao_codegen.importing.changes import Options
from hubei_yibao_codegen.importing.plan import make_plan
from hubei_yibao_codegen.importing.readers import read
from hubei_yibao_codegen.importing.skeleton import interface_text
from hubei_yibao_codegen.importing.tables import interpret
from hubei_yibao_codegen.spec.load import load
from hubei_yibao_codegen.spec.model import Interface
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from import_documents import HEADER, SPEC, Block, Rows, unspecified, write_docx, write_xlsx

TYPES = {
    "string": "字符型",
    "integer": "整型",
    "decimal": "数值型",
    "date": "日期型",
    "datetime": "日期时间型",
    "boolean": "布尔型",
    "text": "大文本",
    "bytes": "字节数组",
}
LETTERS = "编号名称金额（元）/ABc：、·“”#{}\\\"'&|>*!%@`"
labels = st.text(alphabet=LETTERS, min_size=1, max_size=12)
#: A caption's label ends where its punctuation begins.
captions = st.text(alphabet="编号名称金额元ABc·“”#{}'&|>*!%@`", min_size=1, max_size=8)
names = st.from_regex(r"[a-z][a-z0-9_]{1,10}(-[a-z]{1,3})?", fullmatch=True)


@st.composite
def scalars(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(TYPES)))
    made: dict[str, Any] = {"name": name, "label": draw(labels), "type": kind}
    if kind in ("string", "text", "bytes") and draw(st.booleans()):
        made["length"] = draw(st.integers(1, 40000))
    if kind == "decimal" and draw(st.booleans()):
        digits = draw(st.integers(1, 30))
        made["precision"] = [digits, draw(st.integers(0, digits))]
    if kind == "integer" and draw(st.booleans()):
        made["precision"] = [draw(st.integers(1, 18)), 0]
    if draw(st.booleans()):
        made["required"] = True
    if kind == "string":
        made.update(draw(st.sampled_from([{}, {"coded": True}])))
    if draw(st.booleans()):
        made["note"] = draw(labels)
    return made


@st.composite
def objects(draw: st.DrawFn, name: str, taken: set[str], depth: int) -> dict[str, Any]:
    members = draw(fields(taken, depth - 1))
    made: dict[str, Any] = {"name": name, "label": draw(labels), "type": "object"}
    if draw(st.booleans()):
        made["repeated"] = True
    return {**made, "fields": members}


@st.composite
def fields(draw: st.DrawFn, taken: set[str], depth: int = 2) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for name in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        if depth and name not in taken and draw(st.integers(0, 4)) == 0:
            taken.add(name)
            made.append(draw(objects(name, taken, depth)))
        else:
            made.append(draw(scalars(name)))
    return made


@st.composite
def sides(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = draw(st.lists(names, min_size=0, max_size=3, unique=True))
    taken = set(found)
    nodes: list[dict[str, Any]] = []
    for name in found:
        node = {"node": name, "label": draw(captions), "repeated": draw(st.booleans())}
        nodes.append({**node, "fields": draw(fields(taken))})
    if not nodes:
        nodes.append({"fields": draw(fields(taken))})
    return nodes


@st.composite
def interfaces(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    return {"input": draw(sides()), "output": draw(sides())}


def row(index: int, field: dict[str, Any]) -> list[str]:
    length = str(field.get("length", ""))
    if "precision" in field:
        digits, places = field["precision"]
        length = str(digits) if field["type"] == "integer" else f"{digits},{places}"
    kind = TYPES.get(field["type"]) or ("列表" if field.get("repeated") else "对象型")
    yes = {True: "Y", False: ""}
    coded, required = yes["coded" in field], yes["required" in field]
    return [
        str(index),
        field["name"],
        field["label"],
        kind,
        length,
        coded,
        required,
        field.get("note", ""),
    ]


def tables(
    side: str, caption: str, rows: Sequence[dict[str, Any]], order: Sequence[int]
) -> list[Block]:
    whole = [HEADER, *(row(i, field) for i, field in enumerate(rows, 1))]
    blocks: list[Block] = [f"{side}{caption}", Rows([[each[i] for i in order] for each in whole])]
    for field in rows:
        if "fields" in field:
            inner = f"-成员（节点标识：{field['name']}）"
            blocks += tables(side, inner, field["fields"], order)
    return blocks


def document(number: str, name: str, spec: dict[str, Any], order: Sequence[int]) -> list[Block]:
    blocks: list[Block] = ["规范 V1.0", f"【{number}】{name}"]
    for key, side in (("input", "输入"), ("output", "输出")):
        for node in spec[key]:
            caption = ""
            if "node" in node:
                rows = "多行" if node["repeated"] else "单行"
                caption = f"-{node['label']}（节点标识：{node['node']}，{rows}）"
            blocks += tables(side, caption, node["fields"], order)
    return blocks


def import_into(root: Path, path: Path, options: Options) -> Interface:
    loaded = load(root)
    plan = make_plan(loaded, interpret(read(path)), options)
    assert not plan.doubtful, plan.remarks
    apply(plan.edits)
    after = make_plan(load(root), interpret(read(path)), options)
    assert after.edits == []
    return load(root).spec.interfaces["2209a"]


def spec_with(root: Path, text: str) -> Path:
    for name in ("platform.yaml", "dictionaries/med_type.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(SPEC[name], encoding="utf-8")
    path = root / "interfaces" / "2-services" / "2209a.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return root


FACTS = {
    "number": "2209a",
    "name": "门诊查询",
    "operation": "outpatient.query",
    "category": ["2-医保服务", "2-门急诊结算"],
}


def text_of(spec: dict[str, Any]) -> str:
    made = {**FACTS, **spec, "provenance": {"listing": "hubei", "fields": "national-baseline"}}
    text = interface_text(made, settled=True)
    return text.replace("fields: unspecified\nprovenance", "provenance")


def expected(spec: dict[str, Any], folder: Path) -> Interface:
    interface = load(spec_with(folder, text_of(spec))).spec.interfaces["2209a"]
    return interface


@pytest.mark.parametrize("write", [write_docx, write_xlsx])
@settings(max_examples=40, deadline=None)
@given(spec=interfaces(), order=st.permutations(range(8)))
def test_a_document_made_from_an_interface_gives_it_back(
    write: Callable[..., Path], spec: dict[str, Any], order: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = expected(spec, folder / "wanted")
        root = spec_with(folder / "spec", unspecified("2209a", "门诊查询"))
        blocks = document("2209a", "门诊查询", spec, order)
        path = write(folder / f"made.{write.__name__[-4:]}", blocks)
        made = import_into(root, path, Options(notes=True))
        assert made.input == wanted.input
        assert made.output == wanted.output
        assert made.fields is None


def unordered(rows: Any) -> dict[str, Any]:
    """Fields and nodes by name: the order of an earlier edition is kept."""
    found = {}
    for each in rows:
        data = each.model_dump(exclude_unset=True)
        inner = unordered(each.fields) if each.fields else None
        found[data.pop("node", data.pop("name", ""))] = {**data, "fields": inner}
    return found


def without_notes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Notes are a person's own words and stay, so they are not compared."""
    made = []
    for each in rows:
        kept = {key: value for key, value in each.items() if key != "note"}
        if "fields" in kept:
            kept["fields"] = without_notes(kept["fields"])
        made.append(kept)
    return made


def by_hand(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> bool:
    """Whether it takes a person: an object becomes a value, or a list a single object."""
    earlier = {each.get("node", each.get("name")): each for each in old}
    for each in new:
        before = earlier.get(each.get("node", each.get("name")))
        if before is None:
            continue
        if ("fields" in before) != ("fields" in each):
            return True
        if "name" in each and before.get("repeated") and not each.get("repeated"):
            return True
        if "fields" in each and by_hand(before["fields"], each["fields"]):
            return True
    return False


@settings(max_examples=40, deadline=None)
@given(old=interfaces(), new=interfaces())
def test_any_edition_is_brought_to_any_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    old = {side: without_notes(rows) for side, rows in old.items()}
    new = {side: without_notes(rows) for side, rows in new.items()}
    assume(not any(by_hand(old[side], new[side]) for side in ("input", "output")))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = expected(new, folder / "wanted")
        root = spec_with(folder / "spec", text_of(old))
        path = write_docx(folder / "new.docx", document("2209a", "门诊查询", new, range(8)))
        made = import_into(root, path, Options(prune=True))
        assert unordered(made.input) == unordered(wanted.input)
        assert unordered(made.output) == unordered(wanted.output)
