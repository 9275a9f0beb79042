"""``models/i2207.py``: the pydantic classes of one interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..ir.model import Field, Interface, Node, Side
from .describe import Tables, facts, field_text, node_text
from .escape import literal
from .templates import render
from .types import Classes, PythonType, answer_type, request_type


@dataclass(slots=True)
class Attribute:
    name: str
    annotation: str
    value: str  #: right-hand side, empty for none
    doc: str


@dataclass(slots=True)
class ModelClass:
    name: str
    base: str
    doc: str
    sensitive: str
    attributes: list[Attribute]


@dataclass(slots=True)
class Module:
    """Classes of a module with the names they need."""

    classes: Classes
    tables: Tables
    models: list[ModelClass] = field(default_factory=list)
    bases: set[str] = field(default_factory=set)
    runtime: set[str] = field(default_factory=set)
    shared: dict[str, str] = field(default_factory=dict)

    def use(self, python_type: PythonType) -> str:
        if python_type.runtime:
            self.runtime.add(python_type.runtime)
        if python_type.shared:
            self.shared[python_type.annotation] = python_type.shared
        return python_type.annotation


def emit_models(interface: Interface, classes: Classes, tables: Tables) -> tuple[str, Module]:
    """The module's text and what it takes from elsewhere."""
    module = Module(classes, tables)
    _side(module, interface, interface.input, "request")
    _side(module, interface, interface.output, "answer")
    text = render(
        "models.py.jinja",
        title=f"{interface.number} {interface.name}",
        models=module.models,
        bases=sorted(module.bases),
        runtime=sorted(module.runtime),
        shared=sorted(module.shared),
        uses_field=any(a.value for m in module.models for a in m.attributes),
        uses_classvar=any(m.sensitive for m in module.models),
    )
    return text, module


def _side(module: Module, interface: Interface, side: Side, way: str) -> None:
    request = way == "request"
    base = "RequestModel" if request else "Result"
    if side.nodes is None and request:
        base = "OpenRequest"
    attributes: list[Attribute] = []
    sensitive: list[Field] = []
    for node in side.nodes or ():
        if node.wire is None:
            _nested(module, interface, node.fields, way)
            attributes += [_attribute(module, each, way) for each in node.fields]
            sensitive += [each for each in node.fields if each.sensitive]
        else:
            doc = f"{interface.number} {interface.name}：{node_text(node)}"
            _class(module, interface, node.class_name, doc, node.fields, way)
            needed = side.node_needed(node)
            attributes.append(_node_attribute(node, needed, way))
    heading = "输入" if request else "输出"
    doc = f"{interface.number} {interface.name}：{heading}"
    if side.nodes is None:
        doc += "。未见公开字段表，字段不作校验"
    module.bases.add(base)
    module.models.append(ModelClass(side.class_name, base, doc, _sensitive(sensitive), attributes))


def _class(
    module: Module,
    interface: Interface,
    name: str,
    doc: str,
    fields: tuple[Field, ...],
    way: str,
) -> None:
    _nested(module, interface, fields, way)
    base = "RequestModel" if way == "request" else "ResponseModel"
    module.bases.add(base)
    attributes = [_attribute(module, each, way) for each in fields]
    sensitive = _sensitive(each for each in fields if each.sensitive)
    module.models.append(ModelClass(name, base, doc, sensitive, attributes))


def _nested(module: Module, interface: Interface, fields: tuple[Field, ...], way: str) -> None:
    for each in fields:
        if each.kind == "object":
            doc = f"{interface.number} {interface.name}：{each.label or each.wire}（{facts(each)}）"
            _class(module, interface, each.class_name, doc, each.fields, way)


def _sensitive(fields: Iterator[Field] | list[Field]) -> str:
    names = sorted(each.attribute for each in fields)
    if not names:
        return ""
    return "frozenset({" + ", ".join(literal(name) for name in names) + "})"


def _attribute(module: Module, source: Field, way: str) -> Attribute:
    doc = field_text(source, module.tables)
    arguments: list[str] = []
    if source.kind == "object":
        annotation = source.class_name
    elif way == "request":
        annotation = module.use(request_type(source, module.classes))
    else:
        annotation = module.use(answer_type(source))
    if source.repeated:
        annotation = f"list[{annotation}]"
    if way == "request":
        if source.required is not True:
            annotation += " | None"
            arguments.append("default=None")
    elif source.repeated:
        arguments.append("default_factory=list")
    elif source.kind == "object":
        arguments.append(f"default_factory={source.class_name}")
    else:
        annotation += " | None"
        arguments.append("default=None")
    arguments += _aliases(source.wire, source.attribute)
    if source.label:
        arguments.append(f"title={literal(source.label)}")
    value = f"Field({', '.join(arguments)})" if arguments else ""
    return Attribute(source.attribute, annotation, value, doc)


def _node_attribute(node: Node, needed: bool, way: str) -> Attribute:
    arguments: list[str] = []
    one = node.class_name
    if way == "request":
        annotation = {True: f"list[{one}]", False: one, None: f"list[{one}] | {one}"}[node.repeated]
        if not needed:
            annotation += " | None"
            arguments.append("default=None")
    elif node.repeated is False:
        annotation = one
        arguments.append(f"default_factory={one}")
    else:
        annotation = f"list[{one}]"
        arguments.append("default_factory=list")
    arguments += _aliases(node.wire or "", node.attribute)
    if node.label:
        arguments.append(f"title={literal(node.label)}")
    value = f"Field({', '.join(arguments)})" if arguments else ""
    return Attribute(node.attribute, annotation, value, node_text(node))


def _aliases(wire: str, attribute: str) -> list[str]:
    if wire == attribute:
        return []
    return [f"validation_alias={literal(wire)}", f"serialization_alias={literal(wire)}"]
