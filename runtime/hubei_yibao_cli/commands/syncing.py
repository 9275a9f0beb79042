"""``hubei-yibao sync catalogues``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..command import OK, WRONG, Command, Config, Institution, Json, needing, new_app
from ..configured import load
from ..screen import note, show_json, show_table
from ..words import say

if TYPE_CHECKING:
    from hubei_yibao_jobs.catalogues.sync import Change, Step

app = new_app(help=say("把平台的数据取到本地。", "Fetch the platform's data."))
_COLUMNS = (
    say("编号", "number"),
    say("名称", "name"),
    say("原版本", "from"),
    say("现版本", "to"),
    say("文件/页", "files"),
    say("行", "rows"),
    say("新增", "new"),
    say("变更", "changed"),
    say("停用", "withdrawn"),
    say("隔离行", "set aside"),
    say("行/秒", "rows/s"),
    say("错误", "error"),
)


@app.callback()
def group() -> None:
    """Subcommands."""


@app.command(
    "catalogues",
    cls=Command,
    help=say(
        "目录同步：按本地最大版本下载，直到没有更新；分页查询逐页取。默认存入状态目录下的 SQLite。"
        "中断后重跑即可。退出码：0 全部成功；1 至少一个目录未完成。",
        "Fetch what is newer than the local directories, into SQLite in the state directory unless "
        "--to says otherwise. After a break run it again. Exit codes: 0 all done, 1 some not.",
    ),
)
def catalogues(
    numbers: Annotated[
        list[str] | None,
        typer.Argument(help=say("只同步这些（默认全部开放的）", "only these (default: all open)")),
    ] = None,
    to: Annotated[
        str, typer.Option(metavar="URL", help=say("SQLAlchemy 数据库地址", "SQLAlchemy URL"))
    ] = "",
    parquet: Annotated[
        str, typer.Option(metavar="DIR", help=say("另导出 Parquet", "export Parquet as well"))
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help=say("从头全部重取", "begin at the first version"))
    ] = False,
    allow_closed: Annotated[
        bool, typer.Option("--allow-closed", help=say("含未开放的接口", "closed interfaces too"))
    ] = False,
    config: Config = "",
    institution: Institution = "",
    as_json: Json = False,
) -> None:
    with needing("jobs"):
        from hubei_yibao_jobs.catalogues.command import main
    from hubei_yibao.registry import INTERFACES

    changes = main(
        load(config, institution), INTERFACES, url=to, numbers=numbers or (), closed=allow_closed,
        full=full, parquet=Path(parquet) if parquet else None, report=_progress,
    )  # fmt: skip
    if as_json:
        show_json([_facts(change) for change in changes])
    else:
        show_table(_COLUMNS, [tuple(_facts(change).values()) for change in changes])
    raise typer.Exit(WRONG if any(change.error for change in changes) else OK)


def _progress(step: Step) -> None:
    speed = round(step.rows / step.seconds) if step.seconds else 0
    rows = say(f"{step.rows} 行，{speed} 行/秒", f"{step.rows} rows, {speed} rows/s")
    note(f"{step.number} {step.version} {rows}")


def _facts(change: Change) -> dict[str, object]:
    return {
        "number": change.number,
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "files": change.files,
        "rows": change.rows,
        "new": change.new,
        "changed": change.changed,
        "withdrawn": change.withdrawn,
        "quarantined": change.quarantined,
        "rows_per_second": round(change.rows_per_second),
        "error": change.error,
    }
