"""What reaches the user: tables in a terminal, TAB separated lines in a pipe, or JSON."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from shutil import get_terminal_size
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

#: Control characters, with which an answer might drive the terminal or break a line in a pipe.
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " ")
BOLD, NORMAL = "\x1b[1m", "\x1b[0m"
GAP = 3  #: spaces between columns, as rich draws them
BUSY_AFTER = 1.0  #: seconds before progress shows

Row = Sequence[object]


def clean(cell: object) -> str:
    """One line without control characters; "" for None."""
    return "" if cell is None else str(cell).translate(_CONTROLS)


def is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(text: str, stream: TextIO | None = None) -> None:
    """Write at once; a reader that has gone (``| head``) ends the output without a word."""
    target: TextIO = sys.stdout if stream is None else stream
    try:
        target.write(text)
        target.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())


def show_json(value: Any) -> None:
    """JSON with Chinese as it is and money as exact numbers."""
    import msgspec

    encoded = msgspec.json.Encoder(decimal_format="number").encode(value)
    write(msgspec.json.format(encoded, indent=2).decode() + "\n")


@cache
def console(*, errors: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=errors, highlight=False, markup=False, emoji=False)


def show_table(columns: Sequence[str], rows: Iterable[Row], title: str = "") -> None:
    """With headings in a terminal; in a pipe one line per row, cells separated by TAB."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if not is_terminal(sys.stdout):
        write("".join("\t".join(row) + "\n" for row in cells))
        return
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    if sum(widths) + GAP * len(widths) <= get_terminal_size().columns:
        write(_drawn([columns, *cells], widths, title))
    else:
        _show_folded(columns, cells, title)


def _drawn(rows: list[Sequence[str]], widths: Sequence[int], title: str) -> str:
    """The table rich would draw, where nothing needs folding: rich takes ten times as long."""
    from rich.cells import set_cell_size

    gap = " " * GAP
    heading, *lines = (gap.join(map(set_cell_size, row, widths)).rstrip() for row in rows)
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    above = [f"{BOLD}{title}{NORMAL}", ""] if title else [""]
    return "\n".join(
        [*above, f" {BOLD}{heading}{NORMAL}", f" {rule}", *(f" {x}" for x in lines), "", ""]
    )


def _show_folded(columns: Sequence[str], rows: list[list[str]], title: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD, pad_edge=False, title=Text(title, "bold") if title else None,
        title_justify="left",
    )  # fmt: skip
    for at, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=at == 0)
    for row in rows:
        table.add_row(*(Text(_indented(cell)) for cell in row))
    console().print(table)


def _indented(text: str) -> str:
    """Leading spaces are kept by rich only as no-break spaces."""
    rest = text.lstrip(" ")
    return "\u00a0" * (len(text) - len(rest)) + rest


def show_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Names and values; those without a value are left out."""
    kept = [(name, clean(value)) for name, value in facts if value not in (None, "")]
    if not is_terminal(sys.stdout):
        write("".join(f"{name}\t{value}\n" for name, value in kept))
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in kept:
        grid.add_row(Text(name, "bold"), Text(value))
    console().print(grid)


def show_line(text: str) -> None:
    write(clean(text) + "\n")


def note(text: str) -> None:
    """For the person at the terminal, never part of the output: goes to standard error."""
    write("".join(clean(line) + "\n" for line in text.splitlines()), sys.stderr)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Shows that work goes on once it takes over a second; nothing where nobody watches."""
    if not is_terminal(sys.stderr):
        yield
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    progress = Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn(),
        console=console(errors=True), transient=True,
    )  # fmt: skip
    progress.add_task(what, total=None)
    timer = Timer(BUSY_AFTER, progress.start)
    timer.daemon = True
    _start_beside(timer)
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        progress.stop()


def _start_beside(thread: Thread) -> None:
    """Start a thread that Ctrl-C passes by, and with it all it starts.

    A signal that meets another thread than the main one does not end the main one's waiting for
    an answer.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        thread.start()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
