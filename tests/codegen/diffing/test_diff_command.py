"""``diff`` as a maintainer runs it: commits, releases, folders, programs that are affected."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from generator_support import codegen, copy_spec, replace

PROGRAM = """\
from fake_yibao import Client, encode, INTERFACES


def register(client: Client, settings, values):
    done = client.order.create(order_no="1", remark="急", head={"ordr_date": "2026-01-01"})
    print(done.result.order_id)
    client.order.create(**values)
    client.call("FK10", {"order_no": "2", "remark": "缓"})
    encode("FK10", values, settings)
    other = client.gadget.list()
    print(other.result.order_id)
    for row in done.rows:
        print(row["order_id"])
    client.call("FK10", prepared(values))
    return INTERFACES["FK10"]


def paint(client):
    found = client.widget.query_all(color="1", cnt=1)
    if found.result.color == "1":
        return found.result.color == "2.1"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the fake province as release 1.2.3."""
    copy_spec(tmp_path / "spec")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "one"],
        ["tag", "v1.2.3"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


FK10 = "spec/interfaces/2-write/FK10.yaml"


def test_a_release_against_the_work_tree(repository: Path) -> None:
    same = codegen("diff", "1.2.3", cwd=repository)
    assert (same.returncode, same.stdout.splitlines()[-1]) == (
        0,
        "0 breaking, 0 compatible, 0 editorial; no new version needed",
    )
    replace(
        repository / FK10, "label: 说明, type: string, length: 100}", "label: 说明, type: string}"
    )
    text = codegen("diff", "1.2.3", cwd=repository)
    assert text.returncode == 20
    assert "compatible: 接口 FK10：入参 remark（说明） 长度 100 → 不限" in text.stdout
    assert f"{FK10}:16:9" in text.stdout
    assert "suggested version: minor: 1.2.3 → 1.3.0" in text.stdout
    status = subprocess.run(
        ["git", "status", "--short"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert status.stdout.strip() == f"M {FK10}"


@pytest.mark.parametrize(
    ("old", "new", "code", "failing"),
    [
        ("length: 100", "length: 50", 30, {"breaking": 1, "compatible": 1, "editorial": 1}),
        ("length: 100", "length: 150", 20, {"breaking": 0, "compatible": 1, "editorial": 1}),
        ("label: 说明", "label: 备注", 10, {"breaking": 0, "compatible": 0, "editorial": 1}),
    ],
)
def test_exit_codes(
    repository: Path, old: str, new: str, code: int, failing: dict[str, int]
) -> None:
    replace(repository / FK10, old, new)
    assert codegen("diff", "HEAD", "spec", cwd=repository).returncode == code
    for level, expected in failing.items():
        outcome = codegen("diff", "HEAD", "spec", "--fail-on", level, cwd=repository)
        assert outcome.returncode == expected


def test_formats_say_the_same(repository: Path) -> None:
    replace(repository / FK10, "length: 100", "length: 50")
    line = "接口 FK10：入参 remark（说明） 长度 100 → 50"
    markdown = codegen("diff", "v1.2.3", "spec", "--format", "markdown", cwd=repository).stdout
    assert markdown.startswith("## 2.0.0\n\n### 不兼容变更（调用程序须核对）\n\n- " + line)
    data = json.loads(codegen("diff", "v1.2.3", "--format", "json", cwd=repository).stdout)
    assert (data["bump"], data["next_version"]) == ("major", "2.0.0")
    assert data["changes"][0]["text"] == line
    assert data["changes"][0]["place"]["line"] == 16
    github = codegen("diff", "v1.2.3", "--format", "github", cwd=repository).stdout
    assert github.startswith(f"::error file={FK10},line=16,col=")
    assert line in github


def test_a_removed_file_is_shown_where_it_was(repository: Path) -> None:
    (repository / FK10).unlink()
    github = codegen("diff", "v1.2.3", "--format", "github", cwd=repository).stdout
    assert f"::error file={FK10}," in github


def used(repository: Path, *words: str) -> list[tuple[int, str, bool]]:
    (repository / "his.py").write_text(PROGRAM, encoding="utf-8")
    outcome = codegen(
        "diff", "v1.2.3", "--format", "json", "--affects", "his.py", *words, cwd=repository
    )
    return [
        (use["line"], use["what"], use["certain"]) for use in json.loads(outcome.stdout)["uses"]
    ]


def test_a_new_required_field_affects_calls_that_do_not_pass_it(repository: Path) -> None:
    replace(
        repository / FK10,
        "      - {name: remark,",
        "      - {name: memo, type: string, required: true}\n      - {name: remark,",
    )
    assert used(repository) == [
        (5, "order.create 未传 memo", True),
        (7, "order.create 是否传 memo 看不出", False),
        (8, 'call("FK10") 未传 memo', True),
        (9, 'encode("FK10") 是否传 memo 看不出', False),
        (14, 'call("FK10") 是否传 memo 看不出', False),
    ]


def test_a_narrowed_field_affects_calls_that_pass_it(repository: Path) -> None:
    replace(repository / FK10, "length: 100", "length: 50")
    assert used(repository) == [
        (5, "order.create 传入 remark", True),
        (8, 'call("FK10") 传入 remark', True),
    ]


def test_a_lost_answer_affects_its_readers_and_no_others(repository: Path) -> None:
    replace(repository / FK10, "name: order_id,", "name: reg_id,")
    assert used(repository) == [
        (6, "读取 order.create 返回的 order_id", True),
        (13, "读取 order.create 返回的 order_id", True),
    ]


def test_a_closed_interface_affects_every_mention(repository: Path) -> None:
    replace(repository / FK10, "open: true", "open: false")
    assert [line for line, _, _ in used(repository)] == [5, 7, 8, 9, 14, 15]


def test_a_lost_code_affects_who_sends_or_compares_it(repository: Path) -> None:
    replace(repository / "spec/dictionaries/fk_color.yaml", '  - {code: "1", label: 红}\n', "")
    assert used(repository) == [
        (19, 'color 取值 "1"', True),
        (20, 'color 与 "1" 比较', True),
    ]


def test_compatible_changes_affect_nobody(repository: Path) -> None:
    replace(repository / FK10, "length: 100", "length: 200")
    assert used(repository) == []


def test_a_program_that_is_none_is_named(repository: Path) -> None:
    replace(repository / FK10, "length: 100", "length: 50")
    (repository / "app").mkdir()
    (repository / "app" / "bad.py").write_text("def (:\n")
    (repository / "app" / "good.py").write_text(PROGRAM, encoding="utf-8")
    outcome = codegen("diff", "v1.2.3", "--affects", "app", cwd=repository)
    assert "app/bad.py: not searched: line 1:" in outcome.stdout
    assert "1 files searched, 2 uses of what breaks" in outcome.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("9.9.9", "no folder and no released version"),
        ("nowhere", "no folder and no commit, branch or tag"),
        ("--all", "unrecognized arguments"),
        (".git", "neither a spec folder"),
    ],
)
def test_editions_that_are_none(repository: Path, name: str, said: str) -> None:
    outcome = codegen("diff", name, "spec", cwd=repository)
    assert outcome.returncode == 2
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_broken_edition_is_not_compared(repository: Path) -> None:
    replace(repository / FK10, "number: FK10", "number: [")
    outcome = codegen("diff", "v1.2.3", cwd=repository)
    assert outcome.returncode == 2
    assert "FK10.yaml" in outcome.stderr
    assert outcome.stdout == ""
