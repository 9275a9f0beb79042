"""``hubei-yibao call``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import OutcomeUnknown, YibaoError

from ..command import (
    Command,
    Config,
    Institution,
    Json,
    ShowPersonal,
    Yes,
    confirm,
    new_app,
)
from ..configured import load
from ..finding import complete_interface, find_interface
from ..requests import assign, read_input
from ..screen import busy, note, show_facts, show_json, show_line
from ..sending import connected, look_up
from ..words import INSTITUTION, OUTCOME, say

if TYPE_CHECKING:
    from hubei_yibao_runtime.call import CallOptions
    from hubei_yibao_runtime.interface import Interface
    from hubei_yibao_runtime.settings import Settings

    from ..preview import Preview

app = new_app()


@app.command(
    cls=Command,
    help=say(
        "调用一个接口。写入类接口先询问；--dry-run 只显示将要发送的内容。",
        "Call an interface. A write asks first; --dry-run only shows what would be sent.",
    ),
)
def call(
    interface: Annotated[
        str,
        typer.Argument(
            metavar="INTERFACE", autocompletion=complete_interface,
            help=say("编号、中文名或方法名", "number, Chinese name or operation"),
        ),
    ],
    file: Annotated[
        str, typer.Option("--file", "-f", metavar="FILE", help=say("输入（JSON），- 为标准输入", "input as JSON, - for stdin"))
    ] = "",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="PATH=VALUE", help=say("设一个字段；路径:=JSON 亦可", "set a field; PATH:=JSON too")),
    ] = None,
    insuplc_admdvs: Annotated[
        str, typer.Option("--insuplc-admdvs", metavar="CODE", help=say("参保地医保区划", "the person's insuplc_admdvs"))
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help=say("不发送，只显示", "show it, send nothing"))
    ] = False,
    allow_closed: Annotated[
        bool, typer.Option("--allow-closed", help=say("未开放也发送", "send although it is not open"))
    ] = False,
    yes: Yes = False,
    show_personal: ShowPersonal = False,
    config: Config = "",
    institution: Institution = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    from hubei_yibao_runtime.call import CallOptions

    from ..answers import in_clear
    from ..preview import offline, preview

    found = find_interface(interface)
    given: dict[str, Any] = read_input(file, found) if file else {}
    assign(found, given, values or ())
    settings = load(config, institution)
    options = CallOptions(allow_closed=allow_closed, insuplc_admdvs=insuplc_admdvs or None)
    try:
        protocol = offline(INTERFACES, settings)
        protocol.check_allowed(found.number, options)
        plan = protocol.plan(found.number, given, options)
        if dry_run or found.effect == "write":
            shown = preview(protocol, plan, personal=show_personal)
            if dry_run:
                _show_preview(found, shown, as_json)
                return
            _ask(found, settings, shown.url, yes)
        _send(found, settings, given, options, personal=show_personal, as_json=as_json)
    except YibaoError as error:
        if isinstance(error, OutcomeUnknown) and found.effect == "write":
            error.advice = look_up(error.msgid)
        error.advice = error.advice.replace("allow_closed=True", "--allow-closed")
        raise (in_clear(error) if show_personal else error) from None


def _ask(interface: Interface, settings: Settings, url: str, yes: bool) -> None:
    what = f"{interface.number} {interface.name}"
    confirm(
        say(
            f"{what}（{settings.fixmedins_code} {settings.fixmedins_name} → {url}）将写入平台，是否发送？",
            f"{what} ({settings.fixmedins_code} → {url}) writes to the platform. Send it?",
        ),
        yes=yes,
        otherwise=say("未发送：没有得到确认", "not sent: it was not confirmed"),
    )


def _send(
    interface: Interface, settings: Settings, given: dict[str, Any], options: CallOptions, *,
    personal: bool, as_json: bool,
) -> None:  # fmt: skip
    from ..answers import show_result

    what = f"{interface.number} {interface.name}"
    with connected(settings) as client, busy(what):
        result = client.call(interface.number, given, options=options)
    try:
        show_result(INTERFACES, interface, result, personal=personal, as_json=as_json)
    except KeyboardInterrupt:  # what was to be done is done; only its answer is cut short
        note(f"{OUTCOME['ok']}: {what}  msgid {result.msgid}")


def _show_preview(interface: Interface, shown: Preview, as_json: bool) -> None:
    facts = {
        "infno": interface.number,
        "name": interface.name,
        "url": shown.url,
        "first_asked": shown.preflights,
        "headers": shown.headers,
        "signed": shown.signed,
        "bytes": shown.size,
        "message": shown.message,
    }
    if as_json:
        show_json({"outcome": "dry_run", **facts})
        return
    show_facts(
        [
            (say("接口", "interface"), f"{interface.number} {interface.name}"),
            (say("机构类型", "institution"), INSTITUTION[interface.institution]),
            (say("地址", "URL"), f"POST {shown.url}"),
            *((say("先取令牌", "token first"), url) for url in shown.preflights),
            *((say("请求头", "header"), f"{name}: {text}") for name, text in shown.headers.items()),
            *(
                (say("签名原文", "signed text"), f"{scheme}: {text!r}")
                for scheme, text in shown.signed.items()
            ),
            (say("报文长度", "size"), say(f"{shown.size} 字节", f"{shown.size} bytes")),
        ]
    )
    show_line(say("报文（未发送）：", "message (not sent):"))
    show_json(shown.message)
