"""National cryptography: what a signature costs, and random round trips through envelopes.

    python benchmarks/gm.py [--rounds 10000] [--sm2-rounds 20]

Prints medians and their ratio to gmssl, the second implementation, in the same run, and how many
of the random round trips came back unchanged: ``--rounds`` envelopes with a keyed digest in
place of SM2 (everything else is real), ``--sm2-rounds`` with SM2. Exit 1 if one did not.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "runtime"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from hubei_yibao_runtime.gm import Device, Sm2Key, Sm4, SoftwareDevice, sm3
from hubei_yibao_runtime.secure import (
    JAVA_CLIENTS,
    WEB_CLIENT,
    SecureEnvelope,
    lexical,
    session_key,
)
from second_gm import PRIVATE, PUBLIC, GmsslDevice, QuickDevice, digest

APP_ID, APP_SECRET = "0123456789ABCDEF0123456789ABCDEF", "SECRETSECRETSECRETSECRET01234567"
KEY = session_key(APP_ID, APP_SECRET)
MESSAGE = bytes(range(256)) * 4
OURS = SoftwareDevice(Sm2Key.private(PRIVATE), Sm2Key.public(PUBLIC), Sm4(KEY))
SECOND = GmsslDevice(PRIVATE, PUBLIC, KEY)


def median(work: Callable[[], Any], times: int) -> float:
    """Milliseconds."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def compare(name: str, ours: Callable[[], Any], second: Callable[[], Any], times: int) -> None:
    one, other = median(ours, times), median(second, times)
    print(f"{name:24} {one:9.3f} ms   gmssl {other:9.3f} ms   ratio {one / other:7.4f}")


def value(chance: random.Random, depth: int = 0) -> Any:
    """Something that can stand in an envelope's data."""
    kind = chance.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return Decimal(chance.randrange(-(10**9), 10**9)).scaleb(-chance.randrange(5))
    if kind == 1:
        return chance.randrange(-(10**12), 10**12)
    if kind == 2:
        return chance.choice([True, False, None, "", [], {}])
    if kind < 6:
        return "".join(chance.choices('aZ0 &="\\/{}\n\t张三𠮷\x00\x7f', k=chance.randrange(12)))
    if kind == 6:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return content(chance, depth + 1)


def content(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    return {
        f"{chance.choice('abYZ_')}{n}": value(chance, depth) for n in range(chance.randrange(6))
    }


def round_trips(device: Device, count: int, seed: int) -> int:
    """How many of ``count`` random contents came back as they were, on fresh rules each."""
    chance, good = random.Random(seed), 0
    envelopes = [
        SecureEnvelope(app_id=APP_ID, app_secret=APP_SECRET, device=device, rules=rules)
        for rules in (JAVA_CLIENTS, WEB_CLIENT)
    ]
    for number in range(count):
        mine, data = envelopes[number % 2], content(chance)
        opened = mine.open(mine.seal(data))
        good += lexical.write(opened.data) == lexical.write(data)
    return good


def main() -> int:
    options = argparse.ArgumentParser(description="national cryptography")
    options.add_argument("--rounds", type=int, default=10_000)
    options.add_argument("--sm2-rounds", type=int, default=20)
    given = options.parse_args()
    signature = OURS.sign(MESSAGE)
    compare("SM2 sign, 1 KiB", lambda: OURS.sign(MESSAGE), lambda: SECOND.sign(MESSAGE), 15)
    compare("SM2 verify, 1 KiB", lambda: OURS.verify(MESSAGE, signature),
            lambda: SECOND.verify(MESSAGE, signature), 15)  # fmt: skip
    compare("SM3, 1 KiB", lambda: sm3(MESSAGE), lambda: digest(MESSAGE), 15)
    compare(
        "SM4 encrypt, 1 KiB", lambda: OURS.encrypt(MESSAGE), lambda: SECOND.encrypt(MESSAGE), 15
    )
    started = time.monotonic()
    quick = round_trips(QuickDevice(KEY), given.rounds, 1)
    print(f"random envelopes, keyed digest: {quick} of {given.rounds} came back unchanged, "
          f"{(time.monotonic() - started):.1f} s")  # fmt: skip
    real = round_trips(OURS, given.sm2_rounds, 2)
    print(f"random envelopes, SM2: {real} of {given.sm2_rounds} came back unchanged")
    return int(quick != given.rounds or real != given.sm2_rounds)


if __name__ == "__main__":
    sys.exit(main())
