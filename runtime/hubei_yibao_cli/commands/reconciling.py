"""``hubei-yibao reconcile``: a day's settlements against the platform's."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from hubei_yibao_runtime.errors import SettingsError, YibaoError

from ..command import REJECTED, Command, Config, Institution, Json, confirm, new_app
from ..configured import load
from ..screen import busy, note, show_json, show_table
from ..words import say

if TYPE_CHECKING:
    from hubei_yibao import Client
    from hubei_yibao_jobs.reconciliation import Entry, Reconciliation

app = new_app()


def _option(name: str, metavar: str, chinese: str, english: str) -> Any:
    return typer.Option(name, metavar=metavar, help=say(chinese, english))


@app.command(
    cls=Command,
    help=say(
        "对账：先总账，不平再对明细；未经确认不做任何更改。退出码 3：不平。",
        "Compare totals, then rows where they differ; nothing is changed without a yes. Exit code"
        " 3: they do not balance.",
    ),
)
def reconcile(
    day: Annotated[str, typer.Argument(metavar="DATE", help="yyyy-mm-dd")],
    ledger: Annotated[str, _option("--csv", "FILE", "本院账（CSV）", "own ledger as CSV")] = "",
    sql: Annotated[
        str, _option("--sql", "URL", "本院账的数据库（SQLAlchemy 地址）", "database of the own ledger")
    ] = "",
    query: Annotated[
        str, _option("--query", "SELECT", "查询语句，可用 :day、:next_day", "may use :day, :next_day")
    ] = "",
    persons: Annotated[
        str, _option("--persons", "FILE", "CSV：setl_id,psn_no（本院账取自日志时）",
                     "CSV of setl_id,psn_no, where the journal is the ledger")
    ] = "",
    also: Annotated[
        list[str] | None,
        _option("--also", "INSUTYPE/CLR_TYPE/OPTINS", "本院没有也要问的组，可多次", "group to ask for too"),
    ] = None,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help=say("总账平也对明细", "compare rows although the totals agree")
        ),
    ] = False,
    csv_out: Annotated[str, _option("--csv-out", "FILE", "差异写成 CSV", "differences as CSV")] = "",
    html_out: Annotated[str, _option("--html-out", "FILE", "报告写成网页", "report as HTML")] = "",
    apply: Annotated[
        bool, typer.Option("--apply", help=say("逐条询问后查询或冲正", "query or reverse, asking for each"))
    ] = False,
    config: Config = "",
    institution: Institution = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    try:
        from hubei_yibao_jobs import reconciliation as work
    except ImportError:
        raise SettingsError(
            say("未安装作业组件", "the jobs are not installed"),
            advice="pip install 'hubei-yibao[jobs]'",
        ) from None
    from hubei_yibao import Client

    when = _day(day)
    keys = [_key(text) for text in also or []]
    with Client(load(config, institution)) as client:
        own = _ledger(client, when, ledger, sql, query, persons)
        with busy(say("对账中", "comparing")):
            found = work.reconcile(client, when, own, also=keys, details=details)
        if csv_out:
            Path(csv_out).write_text(work.as_csv(found), "utf-8-sig")
        if html_out:
            Path(html_out).write_text(work.as_html(found), "utf-8")
        _show(found, as_json)
        if apply:
            _apply(client, found)
    if not found.balanced:
        raise typer.Exit(REJECTED)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: yyyy-mm-dd") from None


def _key(text: str) -> tuple[str, str, str]:
    parts = text.split("/")
    if len(parts) != 3:
        raise typer.BadParameter(f"{text!r}: INSUTYPE/CLR_TYPE/OPTINS")
    return parts[0], parts[1], parts[2]


def _ledger(
    client: Client, day: date, path: str, sql: str, query: str, persons: str
) -> list[Entry]:
    from hubei_yibao_jobs import reconciliation as work

    if path:
        return work.from_csv(path)
    if sql or query:
        if not (sql and query):
            raise typer.BadParameter(say("--sql 与 --query 须同时给出", "--sql needs --query"))
        return work.from_sql(sql, query, day)
    known: dict[str, str] = {}
    if persons:
        with Path(persons).open(encoding="utf-8-sig", newline="") as file:
            known = {row["setl_id"]: row["psn_no"] for row in csv.DictReader(file)}
    return work.from_journal(client._journal, client.settings.fixmedins_code, day, known)


def _show(found: Reconciliation, as_json: bool) -> None:
    from hubei_yibao_jobs.reconciliation import report

    groups, differences = report.group_rows(found), report.difference_rows(found)
    if as_json:
        show_json({
            "day": found.day, "balanced": found.balanced,
            "groups": [dict(zip(report.GROUP_HEAD, row, strict=True)) for row in groups],
            "differences": [dict(zip(report.HEAD, row, strict=True)) for row in differences],
        })  # fmt: skip
        return
    show_table(report.GROUP_HEAD, groups, say("总账", "totals"))
    if differences:
        show_table(report.HEAD, differences, say("差异", "differences"))
    if not groups:
        note(say("本院账为空，什么也没有问；可用 --also", "the ledger is empty; nothing was asked"))


def _apply(client: Client, found: Reconciliation) -> None:
    """One question for each difference; a no goes on to the next."""
    from hubei_yibao_jobs import reconciliation as work
    from hubei_yibao_jobs.reconciliation.report import KINDS, PROPOSALS

    for comparison in found.comparisons:
        for difference in comparison.differences:
            what = f"{KINDS[difference.kind]} {difference.setl_id} {difference.msgid}"
            question = f"{what}: {PROPOSALS[difference.proposal]}（{difference.why}）?"
            try:
                confirm(question, yes=False, otherwise=say("未处理", "left alone"))
                done = work.carry_out(client, comparison, difference, yes=True)
                note(f"{what}: {done.finding} {done.advice}")
            except YibaoError as error:
                note(f"{what}: {error}")
