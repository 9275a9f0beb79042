"""The platform's directories in a database of the hospital's own: ``hubei-yibao sync catalogues``.

Needs SQLAlchemy (extra ``jobs``); Parquet needs polars.
"""

from __future__ import annotations

from .lookup import Catalogues, Limit, SaleItem, Share
from .sources import Source, sources
from .store import Store
from .sync import Change, Step, sync

__all__ = [
    "Catalogues",
    "Change",
    "Limit",
    "SaleItem",
    "Share",
    "Source",
    "Step",
    "Store",
    "sources",
    "sync",
]
