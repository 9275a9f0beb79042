"""What has been seen in real answers (transport.md 3), done to a well-formed one on demand."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from .money import dumps

Answer = dict[str, Any]


def bend(answer: Answer, kinds: Collection[str]) -> Answer:
    """The answer with these oddities; the original stays as it is."""
    bent = dict(answer)
    output = bent.get("output")
    if "numbers-as-strings" in kinds:
        output = _numbers_as_strings(output)
    if "object-for-list" in kinds and isinstance(output, dict):
        output = {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in output.items()}
    if "list-for-object" in kinds and isinstance(output, dict):
        output = {k: [v] if isinstance(v, dict) else v for k, v in output.items()}
    if "extra-fields" in kinds:
        output = _extra(output)
        bent["warn_msg"] = ""
        bent["sim_extra"] = "x"
    if "output-string" in kinds:
        output = dumps(output).decode()
    bent["output"] = None if "output-null" in kinds else output
    if "output-absent" in kinds:
        del bent["output"]
    if "infcode-number" in kinds:
        bent["infcode"] = int(bent["infcode"])
    if "infcode-absent" in kinds:
        del bent["infcode"]
    if "err-msg-success" in kinds and str(answer["infcode"]) == "0":
        bent["err_msg"] = "success"
    return bent


def encode(answer: Answer, kinds: Collection[str]) -> bytes:
    """The body: UTF-8, or GBK where that is asked for."""
    body = dumps(answer)
    return body.decode().encode("gbk", "replace") if "gbk" in kinds else body


def _numbers_as_strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers_as_strings(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_numbers_as_strings(part) for part in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value


def _extra(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{name: _extra(part) for name, part in value.items()}, "sim_extra": "x"}
    if isinstance(value, list):
        return [_extra(part) for part in value]
    return value
