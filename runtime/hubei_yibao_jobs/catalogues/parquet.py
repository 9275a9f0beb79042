"""The local directories as Parquet files for analysis, one a directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.errors import SettingsError
from sqlalchemy import inspect, select

from .sources import sources
from .store import Store

if TYPE_CHECKING:
    from hubei_yibao_runtime.interface import Registry

    from .sources import Source

PIECE = 20_000
#: Places of exact decimals; the platform's prices have six at most.
PLACES = 6


def export(store: Store, registry: Registry, folder: Path) -> list[Path]:
    """Write ``catalogue_<number>.parquet`` for every directory there is; the files written.

    Moments become timestamps (China's time, without zone) and decimals exact decimals; what cannot
    be read as such becomes null. Raises SettingsError without polars.
    """
    try:
        import polars
    except ImportError:
        raise SettingsError(
            "Parquet needs polars", advice="pip install 'hubei-yibao[jobs]'"
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    present = set(inspect(store.engine).get_table_names())
    return [
        _export(polars, store, source, folder)
        for source in sources(registry, closed=True)
        if source.table in present
    ]


def _export(polars: Any, store: Store, source: Source, folder: Path) -> Path:
    schema = dict.fromkeys(source.names(), polars.String)
    frames = [polars.DataFrame(schema=schema)]
    with store.engine.connect() as connection:
        rows = connection.execution_options(yield_per=PIECE).execute(select(store.table(source)))
        for part in rows.partitions():
            frames.append(polars.DataFrame([tuple(row) for row in part], schema, orient="row"))
    typed = polars.concat(frames).with_columns(
        expression
        for column in source.columns
        if (expression := _typed(polars, column.name, column.kind)) is not None
    )
    target = folder / f"{source.table}.parquet"
    part_file = target.with_suffix(".part")
    typed.write_parquet(part_file)
    os.replace(part_file, target)
    return target


def _typed(polars: Any, name: str, kind: str) -> Any:
    column = polars.col(name)
    if kind == "moment":
        day = column.str.slice(0, 10).str.to_datetime("%Y-%m-%d", strict=False)
        return polars.coalesce(column.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False), day)
    if kind == "decimal":
        return column.cast(polars.Decimal(38, PLACES), strict=False)
    return column.cast(polars.Int64, strict=False) if kind == "integer" else None
