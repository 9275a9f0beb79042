"""A simulator whose directory is large: one version a file, part of its rows restated later.

``python large_directory.py ROWS VERSIONS [FOLDER]`` serves until its input ends; it prints the
settings as JSON, and with FOLDER writes every version's text there first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator import SimulatorServer
from hubei_yibao_simulator.business import files, textfile
from hubei_yibao_simulator.business.core import HANDLERS, Call, Output

NUMBER = "1307"
COLUMNS = INTERFACES[NUMBER].files[0].columns
RESTATED = 10  #: every tenth row of a version restates one of the version before


def version_name(version: int) -> str:
    return f"v{version:04d}"


def rows(version: int, count: int) -> list[list[str | None]]:
    """The rows of a version; restated ones have a new name, every hundredth is withdrawn."""
    found = []
    for n in range(count):
        born = version - 1 if n % RESTATED == 0 and version > 1 else version
        place = n + 1 if born != version else n
        code = f"T{born:03d}.{place:06d}"
        valid = "0" if n % 100 == 0 and born != version else "1"
        found.append(_row(code, f"模拟诊断 {code} 第{version}版", version_name(version), valid))
    return found


def _row(code: str, name: str, version: str, valid: str) -> list[str | None]:
    roles = {"code": code, "record_no": f"R{code}", "version": version, "validity": valid,
             "version_name": "大目录"}  # fmt: skip
    cells: list[str | None] = []
    for column in COLUMNS:
        if column.role:
            cells.append(roles[column.role])
        elif column.label == "诊断名称":
            cells.append(name)
        elif column.label.endswith("时间"):
            cells.append("2026-01-01 08:30:00")
        else:
            cells.append(None if column.label == "备注" else f"{column.label}{code[:4]}")
    return cells


def large(count: int, versions: int) -> Any:
    """A handler of the directory's interface."""
    per = count // versions

    @cache
    def content(version: int) -> bytes:
        return textfile.write(f"{version_name(version)}.txt", rows(version, per))

    def answer(call: Call) -> Output:
        asked = str(call.node("data").get("ver"))
        newer = [v for v in range(1, versions + 1) if version_name(v) > asked]
        if not newer:
            return {None: {"file_qury_no": "", "filename": "", "data_cnt": 0}}
        name = f"{version_name(newer[0])}.txt.zip"
        stored = files.store(call, name, content(newer[0]), files.DIRECTORY_OWNER)
        return {None: {**stored, "data_cnt": per}}

    return answer


def install(count: int, versions: int) -> None:
    HANDLERS[NUMBER] = large(count, versions)


def texts(folder: Path, count: int, versions: int) -> list[Path]:
    """The texts as files, for a plain load."""
    found = []
    for version in range(1, versions + 1):
        path = folder / f"{version_name(version)}.txt"
        lines = (
            "\t".join(cell or "null" for cell in row) for row in rows(version, count // versions)
        )
        path.write_text("\n".join(lines), "utf-8")
        found.append(path)
    return found


def main(arguments: Sequence[str]) -> None:
    count, versions = int(arguments[0]), int(arguments[1])
    if len(arguments) > 2:
        texts(Path(arguments[2]), count, versions)
    install(count, versions)
    with SimulatorServer() as server:
        print(json.dumps(server.settings), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
