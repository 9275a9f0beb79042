"""Three ways to print a finding; texts come from files, so each way has to escape them."""

from __future__ import annotations

import json
import random

from hubei_yibao_codegen.findings import (
    Finding,
    at_least,
    has_errors,
    ordered,
    summary,
    to_github,
    to_json,
    to_text,
)

ERROR = Finding("S201", "error", "spec/a.yaml", 3, 7, "unknown key `b`", "did you mean `c`?")
WARNING = Finding("C440", "warning", "spec/a.yaml", 3, 8, "looks personal")
INFO = Finding("R306", "info", "spec/b.yaml", 1, 1, "unused")
WHOLE_FILE = Finding("Y100", "error", "spec/c.yaml", 0, 0, "file not found")
ALL = [ERROR, WARNING, INFO, WHOLE_FILE]


def test_text() -> None:
    assert to_text(ALL) == (
        "spec/a.yaml:3:7: error S201: unknown key `b`\n"
        "    did you mean `c`?\n"
        "spec/a.yaml:3:8: warning C440: looks personal\n"
        "spec/b.yaml:1:1: info R306: unused\n"
        "spec/c.yaml: error Y100: file not found\n"
    )


def test_text_lets_nothing_reach_the_terminal() -> None:
    hostile = ERROR._replace(message="a\x1b[31m\nb\u202e", hint="c\rd")
    assert to_text([hostile]) == (
        "spec/a.yaml:3:7: error S201: a\\u001b[31m\\u000ab\\u202e\n    c\\u000dd\n"
    )


def test_json() -> None:
    assert json.loads(to_json([WARNING])) == [
        {
            "id": "C440",
            "level": "warning",
            "file": "spec/a.yaml",
            "line": 3,
            "column": 8,
            "message": "looks personal",
            "hint": "",
        }
    ]
    assert "门诊" in to_json([WARNING._replace(message="门诊")])
    assert json.loads(to_json([])) == []


def test_github() -> None:
    assert to_github(ALL) == (
        "::error file=spec/a.yaml,line=3,col=7,title=S201::unknown key `b`%0Adid you mean `c`?\n"
        "::warning file=spec/a.yaml,line=3,col=8,title=C440::looks personal\n"
        "::notice file=spec/b.yaml,line=1,col=1,title=R306::unused\n"
        "::error file=spec/c.yaml,title=Y100::file not found\n"
    )


def test_github_escapes() -> None:
    """A message cannot start a workflow command, a file name cannot add a property."""
    hostile = Finding("S201", "error", "a,line=9:%.yaml", 1, 2, "50%\r\n::set-output name=x::y")
    assert to_github([hostile]) == (
        "::error file=a%2Cline=9%3A%25.yaml,line=1,col=2,title=S201"
        "::50%25%0D%0A::set-output name=x::y\n"
    )


def test_order_is_that_of_places() -> None:
    shuffled = [*ALL, ERROR]
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert ordered(shuffled) == ALL
    late = ERROR._replace(line=10)
    assert ordered([late, ERROR]) == [ERROR, late]


def test_levels_and_summary() -> None:
    assert at_least(ALL, "warning") == [ERROR, WARNING, WHOLE_FILE]
    assert at_least(ALL, "error") == [ERROR, WHOLE_FILE]
    assert has_errors(ALL)
    assert not has_errors([WARNING, INFO])
    assert summary(ALL) == "2 errors, 1 warning, 1 info"
    assert summary([]) == "0 errors, 0 warnings, 0 infos"
