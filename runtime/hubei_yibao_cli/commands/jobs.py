"""``hubei-yibao jobs``: the outbox and the worker that empties it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import SettingsError

from ..command import UNKNOWN, Command, Config, Institution, Json, Yes, confirm, new_app
from ..configured import load
from ..screen import busy, note, show_facts, show_json, show_table, write
from ..words import say

if TYPE_CHECKING:
    from hubei_yibao_jobs.config import JobsSettings
    from hubei_yibao_jobs.outbox import Counts, Message, Outbox
    from hubei_yibao_runtime.settings import Settings

app = new_app(
    no_args_is_help=True, help=say("上传作业：待发箱与工作进程。", "Uploads: outbox and worker.")
)
_STATES = {
    "new": say("待发", "new"), "queued": say("已排队", "queued"),
    "sending": say("发送中", "sending"), "later": say("稍后重试", "tried again later"),
    "done": say("已上传", "done"), "skipped": say("已放弃", "skipped"),
    "refused": say("被拒，待人工", "refused"), "unproven": say("结果未知，待人工", "unproven"),
}  # fmt: skip
Number = Annotated[str, typer.Argument(metavar="ID", help=say("待发箱编号", "id in the outbox"))]


def _jobs() -> JobsSettings:
    try:
        from hubei_yibao_jobs.config import JobsSettings
        from pydantic import ValidationError
    except ImportError:
        raise SettingsError(
            say("未安装作业组件", "the jobs are not installed"),
            advice="pip install 'hubei-yibao[jobs]'",
        ) from None
    try:
        return JobsSettings()
    except ValidationError as error:
        faults = "; ".join(f"{f['loc']}: {f['msg']}" for f in error.errors(include_input=False))
        raise SettingsError(f"YIBAO_JOBS_*: {faults}") from None


@contextmanager
def _outbox(settings: Settings) -> Iterator[Outbox]:
    jobs = _jobs()
    from hubei_yibao_jobs.outbox import Outbox

    outbox = Outbox(jobs.database(settings), INTERFACES)
    try:
        outbox.create()
        yield outbox
    finally:
        outbox.close()


@app.command(
    cls=Command, help=say("建表（供业务系统写入）。", "Make the tables the hospital writes into.")
)
def init(config: Config = "", institution: Institution = "") -> None:
    with _outbox(load(config, institution)):
        note(say("yibao_outbox 已就绪", "yibao_outbox is ready"))


@app.command(
    cls=Command,
    help=say("现在清空一次待发箱，完成即退出。", "Empty the outbox once, now, and end."),
)
def run(config: Config = "", institution: Institution = "", as_json: Json = False) -> None:
    settings = load(config, institution)
    jobs = _jobs()
    from hubei_yibao_jobs.workflows import Worker

    code = settings.fixmedins_code
    with Worker(jobs, [settings], INTERFACES) as worker, busy(say("上传中", "uploading")):
        left = worker.run_now(code).get_result()
        counts = worker.outbox.counts(code)
    _show(counts, as_json)
    if left or counts.states.get("unproven"):
        raise typer.Exit(UNKNOWN)


@app.command(
    cls=Command,
    help=say(
        "常驻：按时运行，断点续办，接管失联主机。SIGTERM 结束。",
        "Stay: run on schedule, go on after restarts, take over lost hosts. Ends with SIGTERM.",
    ),
)
def worker(
    config: Config = "",
    institution: Annotated[
        list[str] | None,
        typer.Option("--institution", "-i", metavar="NAME", help=say("机构名，可多次", "repeatable")),
    ] = None,
) -> None:  # fmt: skip
    settings = [load(config, name) for name in institution or [""]]
    jobs = _jobs()
    from hubei_yibao_jobs.workflows import Worker

    ended = threading.Event()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: ended.set())
    serving = Worker(jobs, settings, INTERFACES).start(scheduled=True)
    note(
        say(
            f"已启动，每次运行：{jobs.cron}（{jobs.timezone}）",
            f"started; runs at {jobs.cron} ({jobs.timezone})",
        )
    )
    try:
        ended.wait()
    finally:
        serving.stop()


@app.command(
    cls=Command, help=say("队列深度、最久等待、失败数。", "Depth, age and failures of the outbox.")
)
def status(
    config: Config = "",
    institution: Institution = "",
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help=say("Prometheus 文本", "Prometheus' text"))
    ] = False,
    as_json: Json = False,
) -> None:
    settings = load(config, institution)
    with _outbox(settings) as outbox:
        if prometheus:
            from hubei_yibao_jobs.metrics import text

            write(text(outbox))
            return
        _show(outbox.counts(settings.fixmedins_code), as_json)


def _show(counts: Counts, as_json: bool) -> None:
    if as_json:
        show_json(
            {"states": dict(counts.states), "held": counts.held, "tries": counts.tries,
             "oldest_seconds": round(counts.oldest, 3)}
        )  # fmt: skip
        return
    show_facts(
        [
            *((label, counts.states.get(state, 0)) for state, label in _STATES.items()),
            (say("被前一条挡住", "held behind one set aside"), counts.held),
            (say("最久等待（秒）", "oldest (seconds)"), round(counts.oldest)),
            (say("重复尝试", "repeats"), counts.tries),
        ]
    )


@app.command(
    "list", cls=Command,
    help=say("待人工处理的报文与平台原话。", "Messages set aside, with the platform's words."),
)  # fmt: skip
def list_aside(config: Config = "", institution: Institution = "", as_json: Json = False) -> None:
    settings = load(config, institution)
    with _outbox(settings) as outbox:
        from hubei_yibao_jobs.outbox.settlement import attention

        found = outbox.aside(settings.fixmedins_code)
        settlements = attention(outbox, settings.fixmedins_code)
    if as_json:
        cases = [{"settlement": id, "business_key": k, "words": w} for id, k, w in settlements]
        show_json([*(_as_data(row) for row in found), *cases])
        return
    columns = ("ID", say("接口", "interface"), say("业务键", "key"), say("状态", "state"),
               say("报文ID", "msgid"), say("原因", "words"))  # fmt: skip
    show_table(
        columns,
        [
            *((r.id, r.number, r.business_key, _STATES[r.state], r.msgid, r.words) for r in found),
            *(("", say("结算流程", "settlement"), key, say("待人工", "attention"), "", words)
              for _, key, words in settlements),
        ],
    )  # fmt: skip
    if not found and not settlements:
        note(say("没有待处理的报文", "nothing was set aside"))


def _as_data(row: Message) -> dict[str, Any]:
    names = ("id", "number", "business_key", "visit", "state", "msgid", "infcode", "words")
    return {name: getattr(row, name) for name in names}


@app.command(
    cls=Command,
    help=say("查清并改正后重新发送。", "Send one set aside again, after it was looked into."),
)
def retry(id: Number, yes: Yes = False, config: Config = "", institution: Institution = "") -> None:
    question = say(
        f"{id} 将作为新报文重新发送；若平台其实已收到，会重复。是否继续？",
        f"{id} is sent as a new message; if the platform has it, it will have it twice. Go on?",
    )
    _decide(id, "new", question, yes, config, institution)


@app.command(cls=Command, help=say("不再发送。", "Never send one that was set aside."))
def skip(id: Number, yes: Yes = False, config: Config = "", institution: Institution = "") -> None:
    question = say(f"{id} 将不再发送，是否继续？", f"{id} will never be sent. Go on?")
    _decide(id, "skipped", question, yes, config, institution)


def _decide(id: str, state: str, question: str, yes: bool, config: str, institution: str) -> None:
    if not id.isdecimal():
        raise typer.BadParameter(f"{id!r}")
    settings = load(config, institution)
    confirm(question, yes=yes, otherwise=say("未改动", "nothing was changed"))
    with _outbox(settings) as outbox:
        outbox.decide(int(id), state, "")
    note(f"{id}: {_STATES[state]}")
