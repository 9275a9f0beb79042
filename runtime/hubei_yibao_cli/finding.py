"""From what somebody types to an interface or a code table; suggestions where it is near."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module

from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.interface import Interface

from .words import say

_MOST = 6  #: suggestions


def find_interface(text: str) -> Interface:
    """By number, Chinese name, part of a name that only one has, or operation."""
    if text in INTERFACES:
        return INTERFACES[text]
    wanted = text.casefold()
    for chosen in (
        [i for i in INTERFACES.values() if wanted in (i.number.casefold(), i.operation)],
        [i for i in INTERFACES.values() if i.name == text],
        [i for i in INTERFACES.values() if text and text in i.name],
    ):
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            raise YibaoError(
                say(f"{text} 不唯一", f"{text} is ambiguous"),
                advice=say("是否指：", "did you mean: ") + _listed(chosen),
            )
    raise YibaoError(
        say(f"没有接口 {text}", f"there is no interface {text}"), advice=_near_interfaces(text)
    )


def _listed(interfaces: Iterable[Interface]) -> str:
    names = [f"{i.number} {i.name}" for i in interfaces]
    more = "" if len(names) <= _MOST else say("……", ", …")
    return say("、", ", ").join(names[:_MOST]) + more


def _near_interfaces(text: str) -> str:
    names = {i.name: i.number for i in INTERFACES.values()}
    operations = {i.operation: i.number for i in INTERFACES.values()}
    found = dict.fromkeys(get_close_matches(text, INTERFACES, _MOST, 0.6))
    for table in (names, operations):
        found |= dict.fromkeys(table[near] for near in get_close_matches(text, table, 3, 0.5))
    if not found:
        return say("hubei-yibao list 列出全部接口", "hubei-yibao list shows them all")
    return say("是否指：", "did you mean: ") + _listed(INTERFACES[number] for number in found)


def near(text: str, words: Iterable[str]) -> str:
    """Advice naming words that look like ``text``, "" where none does."""
    found = get_close_matches(text, list(words), _MOST, 0.6)
    return say("是否指：", "did you mean: ") + say("、", ", ").join(found) if found else ""


def table_keys() -> tuple[str, ...]:
    """Keys of all code tables."""
    keys: tuple[str, ...] = import_module(".codes", INTERFACES.package).KEYS
    return keys


def table_name(key: str) -> str:
    """Chinese name of a code table, "" where it has none."""
    about = import_module(f".codes.{key}", INTERFACES.package).__doc__ or ""
    return about.removeprefix(key).strip()


def is_complete(key: str) -> bool:
    """False for a code table known to miss codes."""
    return INTERFACES.checked_codes(key) is not None


def complete_interface(incomplete: str) -> list[tuple[str, str]]:
    return [(i.number, i.name) for i in INTERFACES.values() if i.number.startswith(incomplete)]


def complete_table(incomplete: str) -> list[str]:
    return [key for key in table_keys() if key.startswith(incomplete)]


def complete_field(incomplete: str) -> list[str]:
    places = (place for i in INTERFACES.values() for place in i.fields())
    return sorted({p.field.name for p in places if p.field.name.startswith(incomplete)})
