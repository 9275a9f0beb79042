"""Mutated answers through ``decode``: only ``YibaoError`` may come out.

``python tests/fuzz/fuzz_decode.py [--count N] [--seed S] [--processes P]`` prints a figure and
exits 1 with the first offending message, the seed and the number to repeat it.
"""

from __future__ import annotations

import argparse
import copy
import json
import pickle
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "runtime"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "generated"))

from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.codec import decode
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.interface import Field, Node

CHUNK = 5000
_ODD: tuple[Any, ...] = (
    None, "", " ", "null", True, False, 0, -1, 1.5, 10**25, -0.0, "1.20", "-3.00", "1e5", "NaN",
    "2020-02-30", "2020-01-02", "2020-01-02T03:04:05.678", "20200102030405678", 1609135444000,
    "Mon Dec 28 14:04:04 CST 2020", "０１", "中文", "\ud800", "{}", "[]", '{"a":1}', [], {}, [None],
    [[]], {"a": {"b": []}}, "0", "-1", "x" * 300, {"": ""}, 2**70, -(10**18),
)  # fmt: skip
_TOKENS: tuple[bytes, ...] = (
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"null", b"NaN", b"Infinity", b"-", b"1e999",
    b"1E-99999999999999999999", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\\ud800", b"<html>", b"true",
    b'"infcode":', b'"output":', b"9" * 40, b"9" * 5000, b"0." + b"1" * 2000, b"[" * 200,
    b'{"a":' * 150, "医".encode("gb18030"),
)  # fmt: skip


class Seed(NamedTuple):
    number: str
    message: dict[str, Any]


def _value(field: Field) -> Any:
    if field.fields:
        inner = {member.name: _value(member) for member in field.fields}
        return [inner, inner] if field.repeated else inner
    plain: dict[str | None, Any] = {
        "decimal": 12.5, "integer": 3, "date": "2026-01-02", "datetime": "2026-01-02 03:04:05",
        "boolean": True,
    }  # fmt: skip
    value = plain.get(field.type, "A1")
    return [value] if field.repeated else value


def _output(nodes: tuple[Node, ...] | None) -> dict[str, Any]:
    output: dict[str, Any] = {} if nodes else {"anything": {"a": [1, "2", 3.5]}}
    for node in nodes or ():
        row = {field.name: _value(field) for field in node.fields}
        if node.name is None:
            output.update(row)
        else:
            output[node.name] = [row, dict(row)] if node.repeated else row
    return output


def seeds(limit: int = 60) -> list[Seed]:
    """Valid answers of interfaces of all shapes, small ones first."""
    found = []
    for number, interface in INTERFACES.items():
        message = {
            "infcode": "0", "inf_refmsgid": "1" * 30, "refmsg_time": "20260102030405678",
            "respond_time": "20260102030405678", "err_msg": "", "output": _output(interface.output),
        }  # fmt: skip
        found.append(Seed(number, message))
    found.sort(key=lambda seed: (len(json.dumps(seed.message)), seed.number))
    step = max(1, len(found) // limit)
    others: tuple[dict[str, Any], ...] = (
        {"code": 401, "message": "unauthorised"},
        {"success": False, "code": 500159, "message": "no route"},
        {"infcode": -1, "err_msg": "refused", "output": None},
        {"timestamp": 1, "status": 404, "error": "Not Found", "path": "/"},
    )
    return [*found[::step], *(Seed(found[0].number, message) for message in others)]


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        found.append((value, key))
        if isinstance(item, dict | list):
            _places(item, found)
    return found


def _mutate_tree(message: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(message)
    for _ in range(chance.choice((1, 1, 2, 5))):
        places = _places(made, [])
        if not places:
            return made
        holder, key = chance.choice(places)
        way = chance.randrange(6)
        if way < 3:
            holder[key] = copy.deepcopy(chance.choice(_ODD))
        elif way == 3:
            del holder[key]
        elif way == 4:
            holder[key] = json.dumps(holder[key])
        else:
            holder[key] = [holder[key]]
    return made


def _mutate_bytes(body: bytes, chance: random.Random) -> bytes:
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(made) + 1)
        way = chance.randrange(5)
        if way == 0 and at < len(made):
            made[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            made[at:at] = chance.choice(_TOKENS)
        elif way == 2:
            del made[at : at + chance.choice((1, 3, 30))]
        elif way == 3:
            piece = bytes(made[at : at + chance.randrange(60)])
            other = chance.randrange(len(made) + 1)
            made[other:other] = piece
        else:
            del made[at:]
    return bytes(made)


def mutated(seed: Seed, chance: random.Random) -> bytes:
    """One mutated answer."""
    which, way = chance.random(), chance.random()
    message = _mutate_tree(seed.message, chance) if which < 0.7 else seed.message
    text = json.dumps(message, ensure_ascii=way < 0.3)
    body = text.encode("gb18030" if way > 0.95 else "utf-8", "replace")
    return _mutate_bytes(body, chance) if which > 0.4 else body


def check(number: str, body: bytes, deep: bool) -> str:
    """Decode one body and give the name of what came out; anything but a YibaoError escapes."""
    try:
        result = decode(INTERFACES, number, body)
    except YibaoError as error:
        str(error)
        return type(error).__name__
    if deep:
        repr(result)
        result.model_dump()
        again = pickle.loads(pickle.dumps(result))
        assert again == result
        assert (again.raw, again.repairs) == (result.raw, result.repairs)
    return "Result with repairs" if result.repairs else "Result"


def run(count: int, seed: int) -> tuple[Counter[str], str | None]:
    """``count`` mutated answers; the second value describes the first failure."""
    chance, known, outcomes = random.Random(seed), seeds(), Counter[str]()
    for number in range(count):
        chosen = chance.choice(known)
        body = mutated(chosen, chance)
        try:
            outcomes[check(chosen.number, body, deep=number % 50 == 0)] += 1
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:300]
            return (
                outcomes,
                f"seed {seed}, number {number}, interface {chosen.number}: {what}\n{body!r}",
            )
    return outcomes, None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    chunks = -(-options.count // CHUNK)
    sizes = [min(CHUNK, options.count - chunk * CHUNK) for chunk in range(chunks)]
    outcomes, start = Counter[str](), time.monotonic()
    with ProcessPoolExecutor(options.processes) as pool:
        starts = range(options.seed * 1_000_000, options.seed * 1_000_000 + chunks)
        for found, failure in pool.map(run, sizes, starts):
            outcomes += found
            if failure is not None:
                print(failure, file=sys.stderr)
                pool.shutdown(cancel_futures=True)
                return 1
    spent = time.monotonic() - start
    total = sum(outcomes.values())
    print(f"{total:,} mutated answers decoded, seed {options.seed}, {spent:.0f} s: "
          "nothing but YibaoError came out")  # fmt: skip
    for name, number in outcomes.most_common():
        print(f"  {name:20}{number:12,}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
