"""Paged queries, page by page.

The published tables name the page fields ``page_num`` and ``page_size``; few name a total
(``recordCounts``). So a query ends with its total, or with a page without rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..call import CallOptions
from ..errors import YibaoError

if TYPE_CHECKING:
    from ..client import AsyncBaseClient, SyncClient
    from ..interface import Interface, Node
    from ..model import Result

NUMBER, SIZE, TOTAL = "page_num", "page_size", "recordCounts"
SIZE_DEFAULT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows by wire names, and the answer it came in."""

    number: int  #: counted from 1
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    total: int | None  #: rows of all pages, where the platform says
    result: Result = field(repr=False)


def page_node(interface: Interface) -> Node | None:
    """The input node with the page fields; None if the query is not paged."""
    for node in interface.input or ():
        if {NUMBER, SIZE} <= {column.name for column in node.fields}:
            return node
    return None


def pages(
    client: SyncClient,
    number: str,
    input: Mapping[str, Any] | None = None,
    *,
    size: int = SIZE_DEFAULT,
    options: CallOptions | None = None,
) -> Iterator[Page]:
    """Every page with rows, in order; ``input`` is that of a call, without the page fields.

    Raises what ``call`` raises, and YibaoError where the interface is not paged or the platform
    sends the same full page twice.
    """
    pager = _Pager(client._protocol.registry[number], input or {}, size)
    while not pager.ended:
        page = pager.take(client.call(number, pager.input(), options=options))
        if page.rows:
            yield page


async def pages_async(
    client: AsyncBaseClient,
    number: str,
    input: Mapping[str, Any] | None = None,
    *,
    size: int = SIZE_DEFAULT,
    options: CallOptions | None = None,
) -> AsyncIterator[Page]:
    """As :func:`pages`."""
    pager = _Pager(client._protocol.registry[number], input or {}, size)
    while not pager.ended:
        page = pager.take(await client.call(number, pager.input(), options=options))
        if page.rows:
            yield page


class _Pager:
    """Which page to ask for next, and whether there is one."""

    def __init__(self, interface: Interface, input: Mapping[str, Any], size: int) -> None:
        node = page_node(interface)
        if node is None:
            raise YibaoError("it has no page fields", infno=interface.number, name=interface.name)
        self._interface = interface
        self._node = node.name
        self._input = dict(input)
        self._size = size
        self._number = 1
        self._seen = 0
        self._last: Sequence[Mapping[str, Any]] = ()
        self.ended = False

    def input(self) -> dict[str, Any]:
        page = {NUMBER: self._number, SIZE: self._size}
        if self._node is None:
            return {**self._input, **page}
        return {**self._input, self._node: {**self._input.get(self._node, {}), **page}}

    def take(self, result: Result) -> Page:
        rows, total = _rows(self._interface, result), _total(result)
        number = self._number
        if rows and rows == self._last:
            # a platform that answers the last page again beyond the end, or ignores page_num
            if len(rows) >= self._size:
                raise YibaoError(
                    f"page {number} is page {number - 1} again",
                    infno=self._interface.number, name=self._interface.name,
                    advice="ask with another page size; the platform may ignore the page fields",
                )  # fmt: skip
            rows = []
        self._seen += len(rows)
        self._last = rows
        self._number += 1
        self.ended = not rows or (total is not None and self._seen >= total)
        return Page(number, rows, total, result)


def _output(result: Result) -> Any:
    return result.raw.get("output") if isinstance(result.raw, Mapping) else None


def _rows(interface: Interface, result: Result) -> list[Mapping[str, Any]]:
    """The rows of a page, whatever node they come in: many tables do not name it."""
    output = _output(result)
    if isinstance(output, Mapping):
        named = [output[key] for node in interface.output or () if node.name
                 for key in (node.name, *node.aliases) if key in output]  # fmt: skip
        lists = [value for value in named or output.values() if isinstance(value, list)]
        if lists:
            output = lists[0]
        elif named:
            output = named[:1]
        else:
            known = {column.name for node in interface.output or () for column in node.fields}
            output = [output] if known - {TOTAL} & set(output) else []
    if not isinstance(output, list):
        return []
    return [row for row in output if isinstance(row, Mapping)]


def _total(result: Result) -> int | None:
    output = _output(result)
    total = str(output.get(TOTAL)) if isinstance(output, Mapping) else ""
    return int(total) if total.isdecimal() else None
