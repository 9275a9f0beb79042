"""The look-ups' data fit the real interfaces: every operation and field they name is there."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_codegen.spec.load import load
from hubei_yibao_codegen.spec.model import Interface
from hubei_yibao_runtime.journal import keys

RULES: dict[str, Any] = tomllib.loads(
    resources.files("hubei_yibao_runtime").joinpath("resolve.toml").read_text("utf-8")
)


@pytest.fixture(scope="module")
def interfaces() -> dict[str, Interface]:
    spec = load(Path(__file__).parents[2] / "spec").spec
    return {interface.operation: interface for interface in spec.interfaces.values()}


def test_what_the_journal_keeps_in_clear_is_nowhere_flagged_as_personal(
    interfaces: dict[str, Interface],
) -> None:
    personal = {
        field.name
        for interface in interfaces.values()
        for nodes in (interface.input, interface.output)
        if isinstance(nodes, tuple)
        for node in nodes
        for field in node.fields
        if field.sensitive
    }
    assert "certno" in personal
    assert not personal & {*keys.REQUEST, *keys.ANSWER}


def names(nodes: Any) -> set[str]:
    return {field.name for node in nodes for field in node.fields}


@pytest.mark.parametrize("rule", RULES["lookup"], ids=lambda rule: "+".join(rule["found"]))
def test_a_look_up_names_real_operations_and_fields(
    rule: dict[str, Any], interfaces: dict[str, Interface]
) -> None:
    asked = interfaces[rule["ask"]]
    assert asked.effect == "query"
    assert set(rule["found"]) | set(rule.get("undone", {})) <= names(asked.output)
    for operation in rule["after"]:
        assert interfaces[operation].effect == "write"
    known = {value[1:] for value in rule["found"].values() if value.startswith("$")} - {"msgid"}
    assert known <= names(asked.input) | {
        name for operation in rule["after"] for name in _input(interfaces[operation])
    }


def _input(interface: Interface) -> set[str]:
    return names(interface.input) if isinstance(interface.input, tuple) else set()


def test_the_difference_files_columns_are_real(interfaces: dict[str, Interface]) -> None:
    files = interfaces["reconciliation.compare_details"].files
    columns = {column.name for layout in files for column in layout.columns}
    statement = RULES["statement"]
    parts = (statement[part] for part in ("found", "absent", "undone"))
    assert {name for part in parts for name in part} <= columns
    assert set(statement["undone_of"]) <= set(interfaces)
