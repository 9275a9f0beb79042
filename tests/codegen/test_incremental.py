"""Doing only what changed gives what doing everything gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from generator_support import copy_spec, files_of, replace
from hubei_yibao_codegen import state
from hubei_yibao_codegen.pipeline import Report, generate


class Workshop:
    """A spec, its generated package and the cache between."""

    def __init__(self, root: Path) -> None:
        self.spec = copy_spec(root / "spec")
        self.out = root / "fake_yibao"
        self.cache = root / "cache"
        self.fresh = root / "fresh"
        self.count = 0

    def run(self) -> Report:
        """Generate incrementally and compare with a full run elsewhere."""
        report = generate(self.spec, self.out, self.cache)
        self.count += 1
        full = self.fresh / str(self.count)
        generate(self.spec, full, None)
        assert files_of(self.out) == files_of(full)
        return report

    def edit(self, path: str, old: str, new: str) -> None:
        replace(self.spec / path, old, new)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    made.run()
    return made


def test_nothing_changed_means_nothing_is_rendered(workshop: Workshop) -> None:
    report = workshop.run()
    assert (report.rendered, report.written, report.removed) == ([], [], [])


def test_a_label_renders_its_interface_and_what_shows_it(workshop: Workshop) -> None:
    workshop.edit("interfaces/2-write/FK12.yaml", "label: 文件查询号", "label: 查询号")
    report = workshop.run()
    assert report.rendered == ["interface FK12", "group catalog", "openapi", "lock"]
    assert report.written == [
        "docs/interfaces/FK12.md", "groups/catalog.py", "models/iFK12.py", "openapi.json",
        "schemas/FK12.json", "tables/iFK12.py", "generated.lock.json",
    ]  # fmt: skip


def test_a_comment_changes_the_lock_only(workshop: Workshop) -> None:
    path = workshop.spec / "interfaces/2-write/FK11.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# 说明\n", encoding="utf-8")
    assert workshop.run().written == ["generated.lock.json"]


def test_a_code_changes_its_table_but_no_interface(workshop: Workshop) -> None:
    workshop.edit("dictionaries/fk_color.yaml", "label: 红", "label: 朱红")
    report = workshop.run()
    assert report.rendered == ["dictionaries", "lock"]
    assert "codes/fk_color.py" in report.written


def test_the_label_of_a_table_reaches_the_interfaces(workshop: Workshop) -> None:
    workshop.edit("dictionaries/fk_color.yaml", "label: 虚构颜色", "label: 假颜色")
    report = workshop.run()
    assert "models/iFK01.py" in report.written
    assert "models/iFK10.py" not in report.written


def test_a_table_that_becomes_incomplete_is_no_longer_checked(workshop: Workshop) -> None:
    workshop.edit(
        "dictionaries/fk_color.yaml", "label: 虚构颜色", "label: 虚构颜色\ncomplete: false"
    )
    report = workshop.run()
    assert {"models/iFK01.py", "models/_types.py", "codes/__init__.py"} <= set(report.written)


def test_a_removed_interface_takes_its_files_along(workshop: Workshop) -> None:
    (workshop.spec / "interfaces/1-query/FK03.yaml").unlink()
    report = workshop.run()
    assert report.removed == [
        "docs/interfaces/FK03.md", "groups/gadget.py", "models/iFK03.py", "schemas/FK03.json",
        "tables/iFK03.py",
    ]  # fmt: skip


def test_a_moved_operation_changes_both_groups(workshop: Workshop) -> None:
    workshop.edit("interfaces/2-write/FK11.yaml", "order.cancel", "gadget.cancel")
    report = workshop.run()
    assert {"groups/order.py", "groups/gadget.py", "registry.py"} <= set(report.written)


def tamper(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Text40", b"Text41"))


def shrink(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("damage", [tamper, shrink, Path.unlink])
def test_an_edited_or_lost_file_is_restored(
    workshop: Workshop, damage: Callable[[Path], None]
) -> None:
    damage(workshop.out / "models/iFK11.py")
    assert workshop.run().written == ["models/iFK11.py"]


def empty(data: bytes) -> bytes:
    return b""


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def garbage(data: bytes) -> bytes:
    return b"\xff\xfe\x00" + data


def flipped(data: bytes) -> bytes:
    at = len(data) * 2 // 3
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("damage", [empty, cut, garbage, flipped])
def test_a_damaged_cache_does_no_harm(workshop: Workshop, damage: Callable[[bytes], bytes]) -> None:
    for path in workshop.cache.rglob("*"):
        if path.is_file():
            path.write_bytes(damage(path.read_bytes()))
    workshop.edit("interfaces/2-write/FK11.yaml", "label: 登记号", "label: 登记流水号")
    assert "models/iFK11.py" in workshop.run().written


def test_the_cache_of_another_generator_is_not_used(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workshop.run().rendered == []
    monkeypatch.setattr(state, "VERSION", "9.9.9")
    assert "interface FK01" in workshop.run().rendered


def test_a_stale_cache_of_an_older_spec_does_no_harm(workshop: Workshop) -> None:
    old = {path: path.read_bytes() for path in workshop.cache.rglob("*") if path.is_file()}
    workshop.edit("interfaces/2-write/FK11.yaml", "label: 登记号", "label: 登记流水号")
    workshop.run()
    for path, data in old.items():
        path.write_bytes(data)
    assert workshop.run().written == []


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_edits_ends_where_a_full_run_ends(workshop: Workshop, seed: int) -> None:
    chance = random.Random(seed)
    names = ["FK01", "FK02", "FK02a", "FK03", "FK10", "FK11", "FK12", "FK20"]
    for step in range(6):
        name = chance.choice(names)
        path = next(workshop.spec.rglob(f"{name}.yaml"))
        text = path.read_text(encoding="utf-8")
        kind = chance.choice(["name", "institution", "damage"])
        if kind == "name":
            head, _, rest = text.partition("\nname: ")
            text = f"{head}\nname: 改名{step}\n{rest.partition(chr(10))[2]}"
        elif kind == "institution":
            for word in ("medical", "pharmacy", "all"):
                text = text.replace(f"institution: {word}", "institution: unspecified")
        else:
            files = sorted(p for p in workshop.out.rglob("*") if p.suffix in (".py", ".md"))
            chance.choice(files).write_text("# other\n", encoding="utf-8")
        path.write_text(text, encoding="utf-8")
        workshop.run()
