"""What a sale needs to know about a code, out of the local directories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.files import as_date
from sqlalchemy import Select, bindparam, inspect, select

from .sources import sources
from .store import Store

if TYPE_CHECKING:
    from hubei_yibao_runtime.interface import Registry

    from .sources import Source

#: Fields of the paged queries by what they say.
NAME, LIMIT, SHARE = "hilist_name", "hilist_pric_uplmt_amt", "selfpay_prop"
_BEGIN, _END = "begndate", "enddate"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limit:
    """医保目录限价 that holds at the date."""

    amount: Decimal
    kind: str | None  #: hilist_lmtpric_type
    insu_admdvs: str | None
    row: Row = field(repr=False)


@dataclass(frozen=True, slots=True)
class Share:
    """医保目录先自付比例 that holds at the date."""

    share: Decimal
    kind: str | None  #: selfpay_prop_type
    person: str | None  #: selfpay_prop_psn_type
    insu_admdvs: str | None
    row: Row = field(repr=False)


@dataclass(frozen=True, slots=True)
class SaleItem:
    """A code at a date; ``limits`` and ``shares`` hold every row that applies."""

    code: str
    name: str
    limits: tuple[Limit, ...]
    shares: tuple[Share, ...]
    row: Row = field(repr=False)

    @property
    def price_limit(self) -> Decimal | None:
        """The lowest limit: a price at or below it passes every one. None without a limit."""
        return min((limit.amount for limit in self.limits), default=None)

    @property
    def selfpay_share(self) -> Decimal | None:
        """The share if all rows agree; None if there is none, or if it depends on person, kind or
        region: then look at ``shares``."""
        found = {share.share for share in self.shares}
        return found.pop() if len(found) == 1 else None


class Catalogues:
    """Reads the local directories; safe with threads."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._sources = {source.number: source for source in sources(registry, closed=True)}
        present = set(inspect(store.engine).get_table_names())
        there = [source for source in self._sources.values() if source.table in present]
        self._queries = {source.number: self._by_code(source) for source in there}
        self._name = [s for s in there if s.paged and NAME in s.names()]
        self._limit = [s for s in there if s.paged and LIMIT in s.names()]
        self._share = [s for s in there if s.paged and SHARE in s.names()]

    def find(self, number: str, code: str, at: date | None = None) -> list[Row]:
        """Valid rows of a directory with this code, by column name; ``at``: that hold then.

        KeyError where the directory was never fetched.
        """
        source = self._sources[number]
        query = self._queries[number]
        with self._store.engine.connect() as connection:
            found = connection.execute(query, {"code": code}).mappings().all()
        flag = None if source.validity is None else source.columns[source.validity].name
        return [
            row
            for row in map(dict, found)
            if (flag is None or row[flag] != "0") and (at is None or _holds(row, at))
        ]

    def for_sale(self, code: str, at: date, insu_admdvs: str | None = None) -> SaleItem | None:
        """Name, price limits and self-pay shares of 医保目录编码 ``code`` at a date.

        ``insu_admdvs``: only limits and shares of this region. None where no valid row has the
        code.
        """
        named = self._rows(self._name, code, at, None)
        if not named:
            return None
        limits = (
            Limit(amount, row.get("hilist_lmtpric_type"), row.get("insu_admdvs"), row)
            for row in self._rows(self._limit, code, at, insu_admdvs)
            if (amount := _number(row[LIMIT])) is not None
        )
        shares = (
            Share(share, row.get("selfpay_prop_type"), row.get("selfpay_prop_psn_type"),
                  row.get("insu_admdvs"), row)
            for row in self._rows(self._share, code, at, insu_admdvs)
            if (share := _number(row[SHARE])) is not None
        )  # fmt: skip
        return SaleItem(code, named[0][NAME] or "", tuple(limits), tuple(shares), named[0])

    def _rows(self, of: list[Source], code: str, at: date, region: str | None) -> list[Row]:
        rows = [row for source in of for row in self.find(source.number, code, at)]
        if region is None:
            return rows
        return [row for row in rows if row.get("insu_admdvs") in (region, None, "")]

    def _by_code(self, source: Source) -> Select[Any]:
        table = self._store.table(source)
        return select(table).where(
            table.columns[source.columns[source.code].name] == bindparam("code")
        )


def _holds(row: Row, at: date) -> bool:
    begin, end = as_date(row.get(_BEGIN)), as_date(row.get(_END))
    return (begin is None or begin <= at) and (end is None or at <= end)


def _number(cell: str | None) -> Decimal | None:
    try:
        return None if cell is None else Decimal(cell)
    except InvalidOperation:
        return None
