"""``groups/outpatient.py``: one method per operation, sync and async."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.model import Field, Group, Interface, Node
from .describe import Tables, field_text, interface_facts, node_text
from .escape import literal
from .output import Texts
from .templates import render
from .types import argument_type

#: Types of the runtime's ``group`` module by whether a node is repeated.
_ROWS = {True: "Rows", False: "Row", None: "RowOrRows"}
_PLAIN = frozenset(
    ["Any", "Decimal", "Mapping", "Row", "RowOrRows", "Rows", "Sequence", "date", "datetime"]
)


@dataclass(slots=True)
class Parameter:
    name: str
    annotation: str
    needed: bool
    doc: str


@dataclass(slots=True)
class Method:
    interface: Interface
    parameters: list[Parameter]
    input: str  #: expression that builds the input
    input_doc: str


def emit_methods(interface: Interface, tables: Tables) -> tuple[str, str, list[str]]:
    """Sync and async method and the names their annotations use; empty for callbacks."""
    if interface.direction == "callback":
        return "", "", []
    method = _method(interface, tables)
    values = {
        "i": interface,
        "m": method,
        "facts": "；".join(f"{head}：{text}" for head, text in interface_facts(interface)),
        "outputs": [(n.attribute, node_text(n)) for n in interface.output.nodes or () if n.wire],
        "fields": [
            (field.attribute, field_text(field, tables))
            for node in interface.output.nodes or ()
            if node.wire is None
            for field in node.fields
        ],
    }
    sync = render("method.py.jinja", asynchronous=False, **values)
    aio = render("method.py.jinja", asynchronous=True, **values)
    return sync, aio, _imports(interface, method)


def emit_group(group: Group, parts: list[Texts]) -> str:
    """The module of one group from its interfaces' methods."""
    names = {name for part in parts for name in part.imports}
    models: dict[str, set[str]] = {}
    for each in names:
        module, _, model = each.partition(":")
        if model:
            models.setdefault(module, set()).add(model)
    return render(
        "group.py.jinja",
        group=group,
        parts=parts,
        names=names,
        models=sorted((module, sorted(found)) for module, found in models.items()),
    )


def _method(interface: Interface, tables: Tables) -> Method:
    nodes = interface.input.nodes
    if nodes is None:
        doc = "输入（未见公开字段表，原样发送）"
        return Method(interface, [Parameter("input", "Mapping[str, Any]", True, doc)], "input", "")
    if len(nodes) == 1 and nodes[0].wire is not None and nodes[0].repeated is False:
        inner = _given(nodes[0].fields)
        parameters = [_parameter(field, tables) for field in nodes[0].fields]
        text = node_text(nodes[0])
        return Method(interface, parameters, f"{{{literal(nodes[0].wire)}: {inner}}}", text)
    parameters, pairs = [], []
    for node in nodes:
        if node.wire is None:
            parameters += [_parameter(field, tables) for field in node.fields]
            pairs += [(field.wire, field.attribute) for field in node.fields]
        else:
            needed = interface.input.node_needed(node)
            parameters.append(Parameter(node.attribute, _node_type(node), needed, node_text(node)))
            pairs.append((node.wire, node.attribute))
    return Method(interface, parameters, _pairs(pairs), "")


def _parameter(field: Field, tables: Tables) -> Parameter:
    doc = field_text(field, tables)
    return Parameter(field.attribute, argument_type(field), field.required is True, doc)


def _node_type(node: Node) -> str:
    return f"{_ROWS[node.repeated]}[{node.class_name}]"


def _given(fields: tuple[Field, ...]) -> str:
    return _pairs([(field.wire, field.attribute) for field in fields])


def _pairs(pairs: list[tuple[str, str]]) -> str:
    if not pairs:
        return "{}"
    members = ", ".join(f"{literal(wire)}: {name}" for wire, name in pairs)
    return f"_given({{{members}}})"


def _imports(interface: Interface, method: Method) -> list[str]:
    """Names for the module's head; models as ``module:Name``."""
    names = {f"{interface.module}:{interface.output.class_name}"}
    for parameter in method.parameters:
        words = parameter.annotation.replace("[", " ").replace("]", " ").replace(",", " ").split()
        for word in words:
            if word.startswith(interface.input.class_name):
                names.add(f"{interface.module}:{word}")
            elif word in _PLAIN:
                names.add(word)
    if "_given(" in method.input:
        names.add("given")
    return sorted(names)
