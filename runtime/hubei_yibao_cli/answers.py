"""Answers on the screen, without personal data unless asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.masking import masked

from .screen import note, show_json, show_table
from .words import OUTCOME, say

if TYPE_CHECKING:
    from hubei_yibao_runtime.errors import YibaoError
    from hubei_yibao_runtime.interface import Field, Interface, Registry
    from hubei_yibao_runtime.model import Result

_COLUMNS = (say("字段", "field"), say("名称", "label"), say("值", "value"), say("含义", "meaning"))


def show_result(
    registry: Registry, interface: Interface, result: Result, *, personal: bool, as_json: bool
) -> None:
    """What a call brought back."""
    raw = result.raw if isinstance(result.raw, Mapping) else {}
    output = raw.get("output")
    if not isinstance(output, Mapping | list):
        output = result.model_dump(by_alias=True)
    if not personal:
        output = masked(interface, "output", output)
    if as_json:
        show_json(
            {
                "outcome": "ok",
                "infno": interface.number,
                "name": interface.name,
                "msgid": result.msgid,
                "infcode": result.infcode,
                "inf_refmsgid": raw.get("inf_refmsgid"),
                "output": output,
                "repairs": [{"path": r.path, "message": r.message} for r in result.repairs],
            }
        )
        return
    show_table(_COLUMNS, _rows(registry, interface, output))
    note(f"{OUTCOME['ok']}: {interface.number} {interface.name}  msgid {result.msgid}")
    if result.repairs:
        note(say(f"容错读取 {len(result.repairs)} 处", f"{len(result.repairs)} places mended"))


def _rows(registry: Registry, interface: Interface, output: Any) -> Iterator[tuple[object, ...]]:
    known: dict[str, Field] = {}
    for place in interface.fields("output"):
        above, _, _ = place.path.rpartition(".")
        for name in (place.field.name, *place.field.aliases):
            known[f"{above}.{name}" if above else name] = place.field
    for path, plain, value in _leaves(output, "", ""):
        field = known.get(plain)
        codes = registry.codes(field.dictionary) if field and field.dictionary else {}
        yield path, field.label if field else "", value, codes.get(str(value), "")


def _leaves(value: Any, path: str, plain: str) -> Iterator[tuple[str, str, object]]:
    """Every single value with its path, once with row numbers and once without."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            dot = "." if path else ""
            yield from _leaves(inner, f"{path}{dot}{name}", f"{plain}{dot}{name}")
    elif isinstance(value, list) and value:
        for row, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{row}]", plain)
    elif not isinstance(value, Mapping | list):
        yield path, plain, value


def in_clear(error: YibaoError) -> YibaoError:
    """The error with the platform's words as they came, persons' names and all, on one line."""
    said = getattr(error, "err_msg", "")
    if said:
        error.what = f"{error.what.partition(': ')[0]}: {_printable(said)}"
    return error


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
