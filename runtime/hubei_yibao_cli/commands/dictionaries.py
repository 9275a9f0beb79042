"""``hubei-yibao dict``."""

from __future__ import annotations

from typing import Annotated

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import YibaoError

from ..command import Command, Json, new_app
from ..finding import complete_table, is_complete, near, table_keys, table_name
from ..screen import note, show_json, show_table
from ..words import say, yes_no

app = new_app()
_TABLES = (
    say("代码表", "code table"), say("名称", "name"), say("代码数", "codes"), say("完整", "complete")
)  # fmt: skip
_CODES = (say("代码", "code"), say("含义", "label"))
_FOUND = (say("代码表", "code table"), say("代码", "code"), say("含义", "label"))


@app.command(
    cls=Command,
    help=say(
        "代码表：全部、一个、一个代码的含义，或按含义查代码。",
        "Code tables: all, one, what a code means, or which code means something.",
    ),
)
def dictionary(
    key: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", autocompletion=complete_table,
            help=say("代码表的键或名称，或要查的含义", "key or name of a table, or a meaning"),
        ),
    ] = "",
    code: Annotated[
        str, typer.Argument(metavar="CODE", help=say("代码，或含义中的文字", "code, or part of its label"))
    ] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    if not key:
        _all_tables(as_json)
        return
    table = _find_table(key)
    if table is None:
        _search(key, as_json)
        return
    codes = INTERFACES.codes(table)
    if code:
        codes = {code: codes[code]} if code in codes else _labelled(codes, code)
        if not codes:
            advice = near(code, INTERFACES.codes(table)) or f"hubei-yibao dict {table}"
            what = say(f"{table} 中没有 {code}", f"{table} has no {code}")
            raise YibaoError(what, advice=advice)
    complete = is_complete(table)
    if as_json:
        show_json({"key": table, "name": table_name(table), "complete": complete, "codes": codes})
        return
    show_table(_CODES, codes.items(), f"{table} {table_name(table)}")
    if not complete:
        note(say("此表已知不全", "this table is known to be incomplete"))


def _all_tables(as_json: bool) -> None:
    if as_json:
        rows = [
            {"key": k, "name": table_name(k), "count": len(INTERFACES.codes(k))}
            for k in table_keys()
        ]
        show_json([{**row, "complete": is_complete(str(row["key"]))} for row in rows])
        return
    show_table(
        _TABLES,
        (
            (key, table_name(key), len(INTERFACES.codes(key)), yes_no(is_complete(key)))
            for key in table_keys()
        ),
    )


def _find_table(text: str) -> str | None:
    keys = table_keys()
    wanted = text.casefold()
    same = [key for key in keys if key == text] or [k for k in keys if k.casefold() == wanted]
    same = same or [key for key in keys if table_name(key) == text]
    return same[0] if len(same) == 1 else None


def _labelled(codes: dict[str, str], text: str) -> dict[str, str]:
    return {code: label for code, label in codes.items() if text in label}


def _search(text: str, as_json: bool) -> None:
    """Codes of all tables whose label or table name holds ``text``."""
    found = [
        (key, code, label)
        for key in table_keys()
        for code, label in INTERFACES.codes(key).items()
        if text in label or text in table_name(key)
    ]
    if not found:
        what = say(f"没有代码表或含义 {text}", f"there is no code table or label {text}")
        raise YibaoError(what, advice=near(text, table_keys()) or "hubei-yibao dict")
    if as_json:
        show_json([{"key": key, "code": code, "label": label} for key, code, label in found])
        return
    show_table(_FOUND, found)
