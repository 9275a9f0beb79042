"""schemathesis sends what the OpenAPI document allows, and what it does not: never a 500."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hubei_yibao_simulator import SimulatorServer
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from simulator.hospital import Hospital

DOCUMENT = Path(__file__).parents[2] / "generated" / "hubei_yibao" / "openapi.json"
CASES_PER_OPERATION = 3


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    found = list(schema.get_all_operations())
    assert all(isinstance(one, Ok) for one in found)
    return [one.ok() for one in found if isinstance(one, Ok)]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_500(
    server: SimulatorServer, mode: GenerationMode, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital = Hospital(server.url)
    seen: Counter[int] = Counter()
    answers: Counter[str] = Counter()

    def send(path: str, body: Any) -> None:
        text = json.dumps(body, ensure_ascii=True, default=str).encode()
        response = hospital.post(text, path=path)
        seen[response.status_code] += 1
        assert response.status_code < 500, (path, response.text)
        if "json" in response.headers["content-type"]:
            answers[str(response.json().get("infcode"))] += 1

    def exercise(operation: Any) -> None:
        number = operation.path.strip("/")

        @settings(
            max_examples=CASES_PER_OPERATION, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            send(operation.path, case.body)
            if isinstance(case.body, dict):  # the same input inside a frame that is in order
                send(operation.path, hospital.message(number, case.body.get("input")))

        run()

    found = operations()
    for operation in found:
        exercise(operation)
    hospital.close()
    assert sum(seen.values()) > len(found)
    with capsys.disabled():
        print(
            f"\nschemathesis, {mode.value}: {len(found)} operations, {sum(seen.values())} requests,"
            f" status {dict(seen)}, infcode {dict(answers)}"
        )
