"""``hubei-yibao journal``: what was written, and what nobody knows the outcome of."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import YibaoError

from ..command import UNKNOWN, Command, Config, Institution, Json, Yes, confirm, new_app
from ..configured import load
from ..screen import busy, note, show_facts, show_json, show_table
from ..sending import connected
from ..words import say

if TYPE_CHECKING:
    from hubei_yibao_runtime.journal import Record, SqlJournal, Step
    from hubei_yibao_runtime.settings import Settings

app = new_app(
    no_args_is_help=True, help=say("写入类调用的日志。", "The journal of calls that write.")
)
_STATES = {
    "open": say("进行中", "open"),
    "ok": say("成功", "ok"),
    "rejected": say("平台拒绝", "rejected"),
    "not_sent": say("未发送", "not sent"),
    "unknown": say("结果未知", "unknown"),
    "resolved_done": say("查明：已执行", "resolved: done"),
    "resolved_not_done": say("查明：未执行", "resolved: not done"),
    "reversed": say("已冲正", "reversed"),
    "manual": say("人工处理", "settled by hand"),
}
_FINDINGS = {
    "done": say("已执行", "done"),
    "undone": say("已撤销或冲正", "taken back"),
    "not_done": say("未执行", "not done"),
    "absent": say("未见（不能证明未执行）", "not seen, which is no proof"),
    "unknown": say("无从查询", "nothing could be asked"),
}
_NEXT = {
    "done": say(
        "按已执行入账；无法入账时可冲正：--reverse --force",
        "book it as done; if your books cannot, take it back: --reverse --force",
    ),
    "undone": say("要重做就发起新的调用", "a new attempt is a new call"),
    "not_done": say("要重做就发起新的调用", "a new attempt is a new call"),
    "absent": say(
        "尚无定论：稍后再查、当日对账，或冲正：--reverse",
        "not proven: look again later, reconcile the day, or take it back: --reverse",
    ),
    "unknown": say(
        "给出人员编号与已知标识再查：--psn-no、--known 名称=值；或当日对账",
        "give what you know: --psn-no, --known NAME=VALUE; or reconcile the day",
    ),
}
_UNCONFIRMED = say(
    "冲正已被接受，但尚查不到结果：稍后再查或当日对账，切勿再次冲正",
    "the reversal was accepted, but nothing shows it yet: look again later or reconcile the day; "
    "never reverse it twice",
)
_COLUMNS = (
    say("报文ID", "msgid"), say("接口", "interface"), say("名称", "name"), say("状态", "state"),
    say("时间", "time"), say("业务标识", "keys"),
)  # fmt: skip

Msgid = Annotated[str, typer.Argument(metavar="MSGID", help=say("发送方报文ID", "message number"))]


@contextmanager
def _journal(settings: Settings) -> Iterator[SqlJournal]:
    from hubei_yibao_runtime.local import open_local

    journal = open_local(settings)
    try:
        yield journal
    finally:
        journal.shutdown()


def _time(at: datetime | None) -> str:
    from hubei_yibao_runtime.clock import UTC8

    return "" if at is None else f"{at.astimezone(UTC8):%Y-%m-%d %H:%M:%S}"


def _name(record: Record) -> str:
    interface = INTERFACES.get(record.infno)
    return interface.name if interface else record.operation


def _state(record: Record) -> str:
    """An open record nobody waits for any more counts as unknown."""
    return record.state if record.state != "open" or record.in_flight else "unknown"


def _as_data(record: Record) -> dict[str, Any]:
    return {
        "msgid": record.msgid,
        "infno": record.infno,
        "name": _name(record),
        "institution": record.institution,
        "insuplc_admdvs": record.insuplc_admdvs,
        "state": _state(record),
        "opened": record.opened,
        "closed": record.closed,
        "infcode": record.infcode,
        "note": record.note,
        "attempt": record.attempt,
        "reverses": record.reverses,
        "keys": record.keys,
    }


@app.command(
    "list", cls=Command, help=say("最近的写入，新的在前。", "The latest writes, newest first.")
)
def list_records(
    unknown: Annotated[
        bool, typer.Option("--unknown", "-u", help=say("只列结果未知的", "only unknown outcomes"))
    ] = False,
    limit: Annotated[
        str, typer.Option("--limit", "-n", metavar="N", help=say("最多条数", "how many at most"))
    ] = "50",
    config: Config = "",
    institution: Institution = "",
    as_json: Json = False,
) -> None:
    settings = load(config, institution)
    code = settings.fixmedins_code or None
    with _journal(settings) as journal:
        most = _count(limit)
        found = journal.unknown(code)[-most:] if unknown else journal.records(code, limit=most)
    if as_json:
        show_json([_as_data(record) for record in found])
        return
    show_table(
        _COLUMNS,
        (
            (r.msgid, r.infno, _name(r), _STATES[_state(r)], _time(r.opened), _keys(r))
            for r in found
        ),
    )
    if not found:
        note(say("没有记录", "no records"))


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise typer.BadParameter(f"{text!r}")
    return int(text)


def _keys(record: Record) -> str:
    return " ".join(f"{name}={value}" for name, value in record.keys.items())


@app.command(
    cls=Command, help=say("一条记录与其处理经过。", "One record and what was done about it.")
)
def show(
    msgid: Msgid, config: Config = "", institution: Institution = "", as_json: Json = False
) -> None:
    with _journal(load(config, institution)) as journal:
        record = journal.get(msgid)
        if record is None:
            raise YibaoError(
                say("日志中没有这条记录", "the journal has no such write"), msgid=msgid
            )
        steps = list(journal.steps(msgid))
        reversal = journal.reversal_of(msgid)
    if as_json:
        show_json(
            _as_data(record)
            | {
                "reversal": reversal.msgid if reversal else None,
                "body_sha256": record.body_sha256,
                "deadline": record.deadline,
                "steps": [{"at": s.at, "kind": s.kind, "detail": s.detail} for s in steps],
            }
        )
        return
    show_facts(
        [
            (say("报文ID", "msgid"), record.msgid),
            (say("接口", "interface"), f"{record.infno} {_name(record)}"),
            (say("机构", "institution"), record.institution),
            (say("参保地", "insuplc_admdvs"), record.insuplc_admdvs),
            (say("状态", "state"), _STATES[_state(record)]),
            (say("发出", "opened"), _time(record.opened)),
            (say("结束", "closed"), _time(record.closed)),
            ("infcode", record.infcode),
            (say("备注", "note"), record.note),
            (say("冲正的报文", "reverses"), record.reverses),
            (say("冲正报文", "reversal"), reversal.msgid if reversal else None),
            *record.keys.items(),
            *((_time(step.at), f"{step.kind} {_detail(step)}") for step in steps),
        ]
    )


def _detail(step: Step) -> str:
    return " ".join(f"{name}={value}" for name, value in step.detail.items() if value)


@app.command(
    cls=Command,
    help=say(
        "查明一笔结果未知的写入；--reverse 将其冲正（2601）。",
        "Find out what became of a write; --reverse takes it back (2601).",
    ),
)
def resolve(
    msgid: Msgid,
    psn_no: Annotated[
        str, typer.Option("--psn-no", metavar="PSN_NO", help=say("人员编号，- 为隐藏输入", "- to be asked for it"))
    ] = "",
    known: Annotated[
        list[str] | None,
        typer.Option("--known", "-k", metavar="NAME=VALUE", help=say("已知标识，如 setl_id=…", "an identifier, setl_id=…")),
    ] = None,
    reverse: Annotated[
        bool, typer.Option("--reverse", help=say("冲正", "take it back"))
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help=say("已知成功的也冲正", "also one known as done"))
    ] = False,
    manual: Annotated[
        str, typer.Option(metavar="NOTE", help=say("不查询，记为人工处理", "ask nothing, note it as settled by hand"))
    ] = "",
    yes: Yes = False,
    config: Config = "",
    institution: Institution = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    settings = load(config, institution)
    if manual:
        _settle_by_hand(settings, msgid, manual, yes, as_json)
        return
    if reverse:
        confirm(
            say(f"将冲正 {msgid}，是否继续？", f"{msgid} will be taken back. Go on?"), yes=yes,
            otherwise=say("未冲正：没有得到确认", "not reversed: it was not confirmed"),
        )  # fmt: skip
    if psn_no == "-":
        psn_no = _hidden(say("人员编号", "psn_no"))
    choices: dict[str, Any] = {"reverse": reverse, "force": force, "psn_no": psn_no or None}
    with connected(settings) as client, busy(say("查询中", "looking it up")):
        found = client.resolve(msgid, **choices, **_pairs(known or []))
    with _journal(settings) as journal:
        reversal = journal.get(found.reversal) if found.reversal else None
    accepted = reversal is not None and reversal.state == "ok" and found.finding != "undone"
    advice = _UNCONFIRMED if accepted else _NEXT[found.finding]
    evidence = [(e.source, e.says, e.detail) for e in found.evidence]
    if as_json:
        show_json(
            {
                "msgid": found.msgid,
                "infno": found.infno,
                "finding": found.finding,
                "state": found.state,
                "settled": found.settled,
                "advice": advice,
                "reversal": found.reversal,
                "evidence": [dict(zip(("source", "says", "detail"), e, strict=True)) for e in evidence],
            }
        )  # fmt: skip
    else:
        show_facts(
            [
                (say("报文ID", "msgid"), found.msgid),
                (say("结论", "finding"), _FINDINGS[found.finding]),
                (say("状态", "state"), _STATES[found.state]),
                (say("冲正报文", "reversal"), found.reversal),
                *((say("依据", "evidence"), " ".join(e)) for e in evidence),
                (say("下一步", "next"), advice),
            ]
        )
    if not found.settled:
        raise typer.Exit(UNKNOWN)


def _hidden(what: str) -> str:
    """Typed without echo at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(f"{what}: ").strip()
    return sys.stdin.readline().strip()


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if bad := [name for name, equals, _ in pairs if not (name and equals)]:
        raise YibaoError(
            say(f"--known {bad[0]!r}: 应为 名称=值", f"--known {bad[0]!r}: NAME=VALUE")
        )
    return {name: value for name, _, value in pairs}


def _settle_by_hand(settings: Settings, msgid: str, why: str, yes: bool, as_json: bool) -> None:
    confirm(
        say(f"{msgid} 将记为人工处理，是否继续？", f"{msgid} will count as settled by hand. Go on?"),
        yes=yes, otherwise=say("未改动", "nothing was changed"),
    )  # fmt: skip
    with _journal(settings) as journal:
        record = journal.get(msgid)
        if record is not None and record.in_flight:
            raise YibaoError(
                say("仍有进程在等待其应答", "a living process still waits for its answer"),
                msgid=msgid,
            )
        journal.settle(msgid, "manual", why)
    if as_json:
        show_json({"msgid": msgid, "state": "manual"})
    else:
        note(say(f"{msgid} 已记为人工处理", f"{msgid} is settled by hand"))


@app.command(
    cls=Command,
    help=say(
        "删除早已结束的记录；结果未知的从不删除。", "Delete old closed records, never unknown ones."
    ),
)
def prune(
    days: Annotated[
        str, typer.Option("--days", metavar="DAYS", help=say("保留天数", "days to keep"))
    ],
    yes: Yes = False,
    config: Config = "",
    institution: Institution = "",
    as_json: Json = False,
) -> None:
    keep = _count(days)
    settings = load(config, institution)
    confirm(
        say(f"将删除 {keep} 天前结束的记录，是否继续？", f"Delete records closed {keep} days ago?"),
        yes=yes, otherwise=say("未删除", "nothing was deleted"),
    )  # fmt: skip
    with _journal(settings) as journal, busy(say("清理中", "pruning")):
        deleted = journal.prune(keep)
    if as_json:
        show_json({"deleted": deleted})
    else:
        note(say(f"删除 {deleted} 条", f"{deleted} deleted"))
