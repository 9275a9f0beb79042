"""Chinese or English: chosen once, before the commands with their help texts are imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

LANGUAGES = ("zh", "en")


def choose(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """``--lang`` (anywhere), else the locale; anything that is not English is Chinese."""
    for at, word in enumerate(words):
        if word == "--lang" and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--lang="):
            return word.partition("=")[2]
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    return "en" if locale.lower().startswith("en") else "zh"


LANGUAGE = choose(sys.argv[1:], os.environ)


def say(chinese: str, english: str) -> str:
    return english if LANGUAGE == "en" else chinese


INSTITUTION = {
    "all": say("所有机构", "all"),
    "medical": say("定点医疗机构", "medical"),
    "pharmacy": say("定点零售药店", "pharmacy"),
    "unspecified": say("未注明", "unspecified"),
}
MODE = {"realtime": say("实时", "real time"), "daily": say("每日", "daily")}
DIRECTION = {
    "request": say("机构调用平台", "institution calls platform"),
    "callback": say("平台调用机构", "platform calls institution"),
}
EFFECT = {
    "query": say("查询", "query"),
    "write": say("写入", "write"),
    "session": say("会话", "session"),
    "transfer": say("文件传输", "transfer"),
}
PROVENANCE = {
    "published": say("湖北公布", "published for Hubei"),
    "national-baseline": say("国家基线（湖北未公布字段表）", "national baseline"),
    "code-evidence": say("他省公开代码", "other provinces' public code"),
    "unspecified": say("未公布", "not published"),
}
OUTCOME = {
    "ok": say("成功", "OK"),
    "rejected": say("平台拒绝", "rejected by the platform"),
    "not_sent": say("未发送", "not sent"),
    "unknown": say("结果未知", "outcome unknown"),
    "error": say("错误", "error"),
}


def yes_no(value: bool | None) -> str:
    """None is what no source states."""
    if value is None:
        return say("未知", "unknown")
    return say("是", "yes") if value else say("否", "no")
