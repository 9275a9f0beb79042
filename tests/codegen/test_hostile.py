"""Whatever a text of the spec holds, it comes out as that text and changes no structure."""

from __future__ import annotations

import ast
import html
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from generator_support import FAKE, imported
from hubei_yibao_codegen.emit.escape import (
    code_span,
    comment,
    docstring,
    json_text,
    literal,
    markdown,
)
from hubei_yibao_codegen.emit.units import Source
from hubei_yibao_codegen.pipeline import render_source
from hubei_yibao_codegen.spec.load import Spec, load
from hubei_yibao_codegen.spec.model import Dictionary, Interface, Platform
from hubei_yibao_runtime.model import label
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

HOSTILE = [
    "\"", "'", '"""', "'''", '\\"""', "x\\", "\\", "\\\\\"", "\\N{BULLET}", "\\u0041 \\x41",
    "a\nb", "a\r\nb", "\n\nimport os\n", "\t", "{{ 7*7 }}", "{% raw %}", "{# x #}", "}}", "{x}",
    "${x} %s %(a)s", "# x", "*/", "/* x", "</script><script>alert(1)</script>", "<!-- x -->",
    "<img src=x onerror=alert(1)>", "]]>", "&lt;&amp;&#65;", "a | b", "| --- |", "`code`", "``",
    "[x](javascript:alert(1))", "![x](http://x)", "<http://x>", "http://example.org/x", "www.x.y",
    "*b* _i_ ~~s~~", "- x", "+ x", "1. x", "1) x", "> x", "===", "---", "# h", "    code",
    "\x00", "\x07\x1b[31m", "\x7f", "\x85", "\u200b", "\u202e\u202d\u2066", "\u2028\u2029", "\ufeff",
    "\U000e0041", "\U0001f600", "Ａ", "é", "\xad", "\x0b\x0c", "noqa: F401", "type: ignore",
    "fmt: off", "# fmt: skip", "\"), x=(\"", "'+__import__('os').system('x')+'", "f'{x}'", "__",
    ") -> None:\n    pass\n", "class X: pass", "$ref", '"$ref": "#/$defs/', "..", "x" * 300, " ", "",
]  # fmt: skip

TEXTS = {
    "label", "note", "name", "description", "reason", "document", "what", "title", "edition",
    "table", "format",
}  # fmt: skip


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def rewritten(value: Any, text: Callable[[], str], key: str = "") -> Any:
    """A dump with every free text replaced; names on the wire and codes stay."""
    if isinstance(value, dict):
        wire = "number" not in value
        return {
            k: each if wire and k == "name" else rewritten(each, text, k)
            for k, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [rewritten(each, text, key) for each in value]
    free = key in TEXTS or key in ("rules", "tables", "category")
    return text() if isinstance(value, str) and free else value


def province(text: Callable[[], str]) -> Source:
    """The fake province with other texts."""
    loaded = load(FAKE)
    assert loaded.spec.platform is not None

    def read(each: Any) -> Any:
        data = rewritten(each.model_dump(exclude_unset=True), text)
        return type(each).model_validate_json(json.dumps(data))

    interfaces: dict[str, Interface] = {k: read(v) for k, v in loaded.spec.interfaces.items()}
    dictionaries: dict[str, Dictionary] = {k: read(v) for k, v in loaded.spec.dictionaries.items()}
    platform: Platform = read(loaded.spec.platform)
    hashes = {(str(kind), key): "0" for kind, key in loaded.by_key}
    return Source(Spec(platform, interfaces, dictionaries), hashes, "")


def skeleton(path: str, text: str) -> Any:
    """What must be the same whatever the texts say."""
    if path.endswith((".py", ".pyi")):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        return ast.dump(tree)
    if path.endswith(".json"):
        return blank(json.loads(text))
    if path.endswith(".md"):
        return tokens(MARKDOWN.parse(text))
    return text


def blank(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: blank(each) for key, each in value.items()}
    if isinstance(value, list):
        return [blank(each) for each in value]
    return "" if isinstance(value, str) else value


def tokens(found: list[Any]) -> list[Any]:
    skipped = ("text", "text_special", "entity")
    rows: list[Any] = []
    for token in found:
        if token.type not in skipped:
            rows.append((token.type, token.tag, token.attrs.get("href")))
        rows += tokens(token.children or [])
    return rows


def texts() -> Callable[[], str]:
    """Each call gives the next hostile text, in a fixed order."""
    position = -1

    def following() -> str:
        nonlocal position
        position += 1
        return "甲" + HOSTILE[position % len(HOSTILE)] + "乙"

    return following


@pytest.mark.parametrize("around", [True, False], ids=["inside", "alone"])
def test_hostile_texts_change_no_structure(around: bool) -> None:
    benign = render_source(province(lambda: "x"))
    for start in range(0, len(HOSTILE), 7):
        chosen = HOSTILE[start:] + HOSTILE[:start]
        position = iter(chosen * 400)
        hostile = render_source(
            province(lambda it=position: f"甲{next(it)}乙" if around else next(it).strip() or "x")  # type: ignore[misc]
        )
        assert sorted(hostile) == sorted(benign)
        for path in benign:
            if path.startswith("docs/") and not around:
                continue
            assert skeleton(path, hostile[path]) == skeleton(path, benign[path]), path


def test_hostile_texts_are_read_back_unchanged(tmp_path: Path) -> None:
    source = province(texts())
    package = tmp_path / "hostile_yibao"
    for path, text in render_source(source).items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_bytes(text.encode())
    with imported(package) as root:
        for number, interface in source.spec.interfaces.items():
            generated = root.INTERFACES[number]
            assert generated.name == interface.name
            assert generated.description == interface.description
            assert generated.rules == interface.rules
            assert generated.category == interface.category
            wanted = [
                (field.label or "", field.note or "")
                for side in (interface.input, interface.output)
                if isinstance(side, tuple)
                for node in side
                for field in flat(node.fields)
            ]
            places = generated.fields()
            assert [(place.field.label, place.field.note) for place in places] == wanted
            models = importlib.import_module(f"{package.name}.models.i{number}")
            if interface.direction == "callback":
                continue
            for node in generated.input or ():
                if node.name:
                    model = getattr(models, f"Input{number}{node.name[0].upper()}{node.name[1:]}")
                    for field in node.fields:
                        assert label(model, field.python_name) == field.label
        for key, dictionary in source.spec.dictionaries.items():
            assert root.INTERFACES.codes(key) == {c.code: c.label for c in dictionary.codes}


def flat(fields: Any) -> list[Any]:
    return [each for field in fields for each in (field, *flat(field.fields or ()))]


def test_hostile_codes_keep_their_value(tmp_path: Path) -> None:
    source = province(lambda: "x")
    codes = tuple(
        {"code": text, "label": f"含义{at}"} for at, text in enumerate(dict.fromkeys(HOSTILE))
    )
    data = source.spec.dictionaries["fk_color"].model_dump(mode="json") | {"codes": codes}
    source.spec.dictionaries["fk_color"] = Dictionary.model_validate(data, strict=False)
    package = tmp_path / "codes_yibao"
    for path, text in render_source(source).items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_bytes(text.encode())
    with imported(package) as root:
        wanted = {each["code"]: each["label"] for each in codes}
        assert root.INTERFACES.codes("fk_color") == wanted
        enum = importlib.import_module(f"{package.name}.enums").FkColor
        assert {member.value: member.label for member in enum} == wanted


def test_hostile_wire_names_compile(tmp_path: Path) -> None:
    source = province(lambda: "x")
    interface = source.spec.interfaces["FK11"]
    names = [text[:64] for text in dict.fromkeys(HOSTILE) if text]
    fields = [{"name": name, "type": "string"} for name in dict.fromkeys(names)]
    data = interface.model_dump(mode="json", exclude_unset=True)
    data["input"] = [{"node": '"]) # {{', "fields": fields}]
    source.spec.interfaces["FK11"] = Interface.model_validate_json(json.dumps(data))
    package = tmp_path / "names_yibao"
    for path, text in render_source(source).items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_bytes(text.encode())
    with imported(package) as root:
        places = root.INTERFACES["FK11"].fields("input")
        assert [place.field.name for place in places] == [each["name"] for each in fields]
        node = root.INTERFACES["FK11"].input_model.model_fields
        assert [field.validation_alias for field in node.values()] == ['"]) # {{']
        importlib.import_module(f"{package.name}.groups.order")


def shown(source: str) -> tuple[str, list[str]]:
    """What a reader sees, and the kinds of inline markup found."""
    text, kinds = "", []
    for block in MARKDOWN.parse(f"| x |\n| --- |\n| 甲{source} |\n\n{source}\n"):
        kinds.append(block.type)
        for token in block.children or []:
            if token.type in ("text", "text_special", "entity"):
                text += token.content
            else:
                kinds.append(token.type)
        text += "\n" if block.type == "inline" else ""
    return text, kinds


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_markdown_shows_the_text_and_obeys_nothing(text: str) -> None:
    line = comment(text)
    seen, kinds = shown(markdown(text))
    assert seen == f"x\n甲{line}\n{line}\n"
    assert kinds == shown("x")[1]
    assert html.unescape(re.sub("^<code>|</code>$|`", "", code_span(text))) == line


@given(st.text(alphabet="`*_{}[]()<>#|~$&@\\:/.-+=!123 ab甲\n", min_size=1))
@settings(max_examples=500)
def test_markdown_shows_any_text(text: str) -> None:
    line = comment(text)
    assume(line)
    assert shown(markdown(text)) == (f"x\n甲{line}\n{line}\n", shown("x")[1])


@given(st.text() | st.text(alphabet="\"'\\ \n{}x"))
@settings(max_examples=300)
def test_literals_and_docstrings_hold_any_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    tree = ast.parse(f'def f():\n    """{docstring(text)}"""\n')
    assert len(tree.body) == 1
    assert json.loads(json_text(text)) == text
