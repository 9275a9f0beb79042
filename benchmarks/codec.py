"""2204 with 100 rows: encode plus decode beside the standard library's json for the same data.

``python benchmarks/codec.py [ROUNDS]`` prints medians of one run in which the cases take turns.
The standard library gets floats for the amounts (it cannot write Decimal), our side Decimals.
All values are made up from the interface's table; none looks like a person's.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "runtime"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generated"))

from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.codec import decode, encode_input
from hubei_yibao_runtime.interface import Field

ROWS = 100
NUMBER = "2204"
_TEXT = "测试值"


def _value(field: Field, row: int, chance: random.Random) -> Any:
    if field.type == "decimal":
        digits, places = field.precision or (16, 2)
        whole = chance.randrange(10 ** min(digits - places, 3))
        return Decimal(f"{whole}.{chance.randrange(10**places):0{places}}")
    if field.type == "integer":
        return chance.randrange(100)
    if field.type in ("date", "datetime"):
        moment = datetime(2026, 1, 2, 8) + timedelta(minutes=row)
        return moment.isoformat(" ") if field.type == "datetime" else moment.date().isoformat()
    if field.dictionary:
        return next(iter(INTERFACES.codes(field.dictionary)))
    if (field.length or 30) < 10:
        return "1"
    shared = field.name.endswith(("_id", "_no", "_codg", "_name"))
    return f"{_TEXT}{field.name[:4]}{0 if shared else row}"


def rows(fields: Iterable[Field], seed: int) -> list[dict[str, Any]]:
    """100 rows with every field of a node filled."""
    chance, known = random.Random(seed), tuple(fields)
    return [{f.name: _value(f, row, chance) for f in known} for row in range(ROWS)]


def as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _answer(node: str, found: list[dict[str, Any]]) -> bytes:
    message = {"infcode": "0", "inf_refmsgid": "1", "err_msg": "", "output": {node: found}}
    return msgspec.json.Encoder(decimal_format="number").encode(message)


def main(rounds: int) -> None:
    interface = INTERFACES[NUMBER]
    assert interface.input
    assert interface.output
    given, answered = interface.input[0], interface.output[0]
    request = {given.name: rows(given.fields, 1)}
    floats = as_floats(request)
    body = _answer(answered.name or "", rows(answered.fields, 2))

    def stdlib() -> None:
        json.dumps(floats, ensure_ascii=False).encode()
        json.loads(body)

    def both() -> None:
        encode_input(INTERFACES, NUMBER, request)
        decode(INTERFACES, NUMBER, body)

    cases: dict[str, Callable[[], Any]] = {
        "stdlib json, floats": stdlib,
        "encode + decode": both,
        "encode": lambda: encode_input(INTERFACES, NUMBER, request),
        "decode": lambda: decode(INTERFACES, NUMBER, body),
        "stdlib json.loads, Decimals": lambda: json.loads(body, parse_float=Decimal),
    }
    assert not decode(INTERFACES, NUMBER, body).repairs
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            times[name].append(time.perf_counter() - start)
    size = len(json.dumps(floats, ensure_ascii=False).encode())
    print(f"{NUMBER}, {ROWS} rows, request {size} bytes, answer {len(body)} bytes, {rounds} rounds")
    base = statistics.median(times["stdlib json, floats"])
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:30}{median * 1e6:9.0f} µs{median / base:8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
