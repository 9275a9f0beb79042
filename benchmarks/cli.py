"""What looking something up costs beside importing typer and rich: ``python benchmarks/cli.py``.

Whole processes, alternating in one run; printed are medians of the ratios of neighbouring rounds.
In a pipe the programs are compared with ``import typer, rich``; in a pseudo-terminal, where a
table is drawn, with an import of those parts of rich that draw tables.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable

CLI = [sys.executable, "-c", "from hubei_yibao_cli.main import main; main()"]
LOOK_UPS = (["list"], ["show", "2207"], ["dict", "med_type"], ["field", "psn_no"])


def in_pipe(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.PIPE)


def in_terminal(command: list[str]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            while os.read(ours, 65_536):
                pass
        except OSError:  # Linux: the program has closed its end
            pass
        finally:
            os.close(ours)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def compare(where: str, run: Callable[[list[str]], None], imports: str, rounds: int) -> None:
    base = [sys.executable, "-c", f"import {imports}"]
    commands = {imports: base, **{" ".join(words): [*CLI, *words] for words in LOOK_UPS}}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        run(command)
    for _ in range(rounds):
        for name, command in commands.items():
            start = time.perf_counter()
            run(command)
            times[name].append(time.perf_counter() - start)
    print(f"in a {where}, {rounds} rounds; one process of `import {imports}`: "
          f"{statistics.median(times[imports]) * 1000:.0f} ms")  # fmt: skip
    for name in list(commands)[1:]:
        ratio = statistics.median(
            own / bare for own, bare in zip(times[name], times[imports], strict=True)
        )
        print(f"  hubei-yibao {name:14} x {ratio:.2f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=25)
    rounds = options.parse_args().rounds
    compare("pipe", in_pipe, "typer, rich", rounds)
    compare("terminal", in_terminal, "typer, rich.console, rich.table", rounds)


if __name__ == "__main__":
    main()
