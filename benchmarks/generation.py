"""How long generating takes beside datamodel-code-generator alone, all in one run.

    python benchmarks/generation.py [--rounds N] [--folder DIR]

``--folder`` says where the files go: on a busy disk, making a thousand files takes longer than
rendering them, so give a memory-backed folder (/dev/shm) to leave the disk out. Each case is a fresh process; cases alternate. ``work`` is the time inside the process without
imports, ``process`` the time from start to end. Prints medians and their ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ("dcg", "full", "one changed", "nothing changed")
CHANGED = "interfaces/2-medical-insurance-services/2207.yaml"


def child(case: str, spec: Path, out: Path, cache: Path) -> float:
    """Carry out one case and return its seconds without imports."""
    if case == "dcg":
        return _dcg(out)
    from hubei_yibao_codegen.commands import generate

    parser = argparse.ArgumentParser()
    generate.configure(parser)
    words = ["--spec", str(spec), "--out", str(out), "--cache", str(cache)]
    arguments = parser.parse_args(words)
    start = time.perf_counter()
    if generate.run(arguments) != 0:
        raise RuntimeError("nothing was generated")
    return time.perf_counter() - start


def _dcg(package: Path) -> float:
    """datamodel-code-generator over all exported schemas, one call, no formatter."""
    from datamodel_code_generator import InputFileType, generate
    from datamodel_code_generator.enums import DataModelType

    definitions: dict[str, object] = {}
    for path in sorted((package / "schemas").iterdir()):
        definitions |= json.loads(path.read_text(encoding="utf-8"))["$defs"]
    source = json.dumps({"$defs": definitions})
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        generate(
            source,
            output=Path(folder, "models.py"),
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            formatters=[],
        )
        return time.perf_counter() - start


def _run(case: str, spec: Path, out: Path, cache: Path) -> tuple[float, float]:
    words = [sys.executable, __file__, "--child", case, str(spec), str(out), str(cache)]
    environment = {**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"}  # as the command does
    start = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    whole = time.perf_counter() - start
    return float(done.stdout.split()[-1]), whole


def _touch(spec: Path, round_: int) -> None:
    """Another label in one interface file."""
    path = spec / CHANGED
    head, found, rest = path.read_text(encoding="utf-8").partition("label: ")
    label, comma, tail = rest.partition(",")
    new = f"{label.split('〔')[0]}〔{round_}〕"
    path.write_text(f"{head}{found}{new}{comma}{tail}", encoding="utf-8")


def measure(rounds: int, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """(work, process) seconds of every round by case."""
    spec, out, cache = folder / "spec", folder / "package", folder / "cache"
    shutil.copytree(ROOT / "spec", spec)
    _run("full", spec, out, cache)
    seen: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
    for round_ in range(rounds):
        seen["dcg"].append(_run("dcg", spec, out, cache))
        fresh = folder / f"fresh{round_}"
        seen["full"].append(_run("full", spec, fresh / "package", fresh / "cache"))
        _touch(spec, round_)
        seen["one changed"].append(_run("one changed", spec, out, cache))
        seen["nothing changed"].append(_run("nothing changed", spec, out, cache))
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="default: the system's temporary folder")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        case, *places = arguments.child
        print(child(case, *(Path(place) for place in places)))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        seen = measure(arguments.rounds, Path(folder))
    medians = {
        case: [statistics.median(row[at] for row in rows) for at in (0, 1)]
        for case, rows in seen.items()
    }
    print(f"{'median seconds':<34}{'work':>9}{'process':>9}")
    for case, (work, process) in medians.items():
        print(f"{case:<34}{work:>9.3f}{process:>9.3f}")
    ratios = [("full", "dcg", 1.5), ("one changed", "full", 0.15), ("nothing changed", "full", 0)]
    print("ratios")
    for case, base, limit in ratios:
        work, process = (medians[case][at] / medians[base][at] for at in (0, 1))
        wanted = f"  wanted ≤ {limit}" if limit else ""
        print(f"{f'{case} / {base}':<34}{work:>9.3f}{process:>9.3f}{wanted}")


if __name__ == "__main__":
    main()
