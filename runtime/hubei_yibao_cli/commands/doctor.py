"""``hubei-yibao doctor``."""

from __future__ import annotations

import typer
from hubei_yibao_runtime.errors import YibaoError

from ..command import NOT_SENT, OK, UNKNOWN, WRONG, Command, Config, Institution, Json, new_app
from ..configured import load
from ..examination import BAD, OPEN, UNREACHABLE, Check, examine
from ..screen import busy, show_json, show_table
from ..words import say

app = new_app()
_COLUMNS = (
    say("检查", "check"),
    say("结果", "result"),
    say("详情", "detail"),
    say("怎么办", "what to do"),
)
#: What each kind of finding makes the exit code; the first that occurs counts.
_EXIT = ((BAD, WRONG), (UNREACHABLE, NOT_SENT), (OPEN, UNKNOWN))


@app.command(
    cls=Command,
    help=say(
        "检查设置、签名、连通、时钟与日志，并说明怎么办。不发送业务报文。"
        "退出码：0 无事；1 设置有误；4 不可达；5 有结果未知的写入。",
        "Check settings, signing, reachability, clock and journal, and say what to do; sends no "
        "business message. Exit codes: 0 fine, 1 settings, 4 unreachable, 5 unknown writes.",
    ),
)
def doctor(config: Config = "", institution: Institution = "", as_json: Json = False) -> None:
    try:
        settings = load(config, institution)
    except YibaoError as error:
        checks = [Check(say("设置", "settings"), BAD, error.what, error.advice)]
    else:
        with busy(say("检查中", "checking")):
            checks = examine(settings)
    code = next((code for kind, code in _EXIT if any(c.result == kind for c in checks)), OK)
    if as_json:
        show_json({"exit_code": code, "checks": [check._asdict() for check in checks]})
    else:
        show_table(_COLUMNS, [(c.name, c.word, c.detail, c.advice) for c in checks])
    raise typer.Exit(code)
