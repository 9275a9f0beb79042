"""Python types of fields: which annotation a field gets in models and in signatures."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.model import Field
from .escape import literal

#: Class of the enum of each complete code table, by key.
Classes = dict[str, str]

_ANSWER = {
    "string": "AnswerText",
    "text": "AnswerText",
    "integer": "AnswerInteger",
    "decimal": "AnswerDecimal",
    "date": "AnswerDate",
    "datetime": "AnswerDateTime",
    "boolean": "AnswerBoolean",
    "bytes": "AnswerBytes",
    None: "AnswerScalar",
}
_REQUEST = {
    "integer": "RequestInteger",
    "date": "RequestDate",
    "datetime": "RequestDateTime",
    "bytes": "RequestBytes",
    None: "RequestScalar",
}
#: What callers may write in Python, as the request types of the runtime accept it.
_ARGUMENT = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "decimal": "Decimal | int | str",
    "date": "date | str",
    "datetime": "datetime | str",
    "boolean": "bool",
    "bytes": "bytes | str",
    None: "str | int | Decimal | bool",
}


@dataclass(frozen=True, slots=True)
class PythonType:
    """An annotation with what it needs: runtime names to import or a shared definition."""

    annotation: str
    runtime: str = ""  #: name from ``hubei_yibao_runtime.types``
    shared: str = ""  #: definition in ``models/_types.py``, whose name is ``annotation``


def request_type(field: Field, classes: Classes) -> PythonType:
    """Type of a scalar field in a request model."""
    if field.dictionary in classes and field.kind in ("string", "text", None):
        return _code(field.dictionary, classes[field.dictionary])
    if field.kind == "boolean":
        return PythonType("bool")
    if field.kind in ("string", "text") or (field.kind is None and field.dictionary):
        if not field.length:
            return PythonType("str")
        definition = f"Annotated[str, Field(max_length={field.length})]"
        return PythonType(f"Text{field.length}", shared=definition)
    if field.kind == "decimal":
        if field.precision is None:
            return PythonType("DecimalAny", shared="Annotated[Decimal, Digits()]")
        digits, places = field.precision
        definition = f"Annotated[Decimal, Digits({digits}, {places})]"
        return PythonType(f"Decimal{digits}_{places}", shared=definition)
    name = _REQUEST[field.kind]
    return PythonType(name, runtime=name)


def answer_type(field: Field) -> PythonType:
    """Type of a scalar field in an answer model, without its ``| None``."""
    name = _ANSWER[field.kind]
    return PythonType(name, runtime=name)


def argument_type(field: Field) -> str:
    """What a generated method takes for the field, without its ``| None``."""
    if field.kind == "object":
        return f"{'Rows' if field.repeated else 'Row'}[{field.class_name}]"
    one = "str" if field.dictionary and field.kind is None else _ARGUMENT[field.kind]
    return f"Sequence[{one}]" if field.repeated else one


def _code(key: str, class_name: str) -> PythonType:
    definition = f"Annotated[str, Codes({literal(key)}, load)]"
    return PythonType(f"{class_name}Code", shared=definition)
