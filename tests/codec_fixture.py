"""A small hand-written registry with the shapes the generator yields; all of it is invented."""

from __future__ import annotations

import sys
from decimal import Decimal
from enum import StrEnum
from types import ModuleType
from typing import Annotated, ClassVar

from hubei_yibao_runtime.interface import Field, Node, Registry
from hubei_yibao_runtime.model import OpenRequest, RequestModel, ResponseModel, Result
from hubei_yibao_runtime.types import (
    AnswerBoolean,
    AnswerBytes,
    AnswerDate,
    AnswerDateTime,
    AnswerDecimal,
    AnswerInteger,
    AnswerScalar,
    AnswerText,
    Codes,
    Digits,
    RequestDate,
    RequestDateTime,
    RequestInteger,
    RequestScalar,
)
from pydantic import Field as Info

CODES = {
    "kind": {"11": "普通", "12": "挂号", "21": "住院", "51": "生育", "52": "计生", "9901": "其他"},
    "flag": {"0": "否", "1": "是"},
    "local": {"A": "甲"},
}


def load(key: str) -> dict[str, str]:
    return CODES[key]


class Kind(StrEnum):
    ORDINARY = "11"
    REGISTRATION = "12"


class InputX204Row(RequestModel):
    sensitive_fields: ClassVar[frozenset[str]] = frozenset({"psn_no", "psn_name"})
    sn: Annotated[str, Info(max_length=30, title="流水号")]
    psn_no: Annotated[str, Info(max_length=10, title="人员编号")]
    psn_name: Annotated[str, Info(max_length=5, title="姓名")] | None = None
    kind: Annotated[str, Codes("kind", load), Info(title="类别")]
    cnt: Annotated[Decimal, Digits(16, 4), Info(title="数量")]
    amt: Annotated[Decimal, Digits(16, 2), Info(title="金额")] | None = None
    days: Annotated[RequestInteger, Info(title="天数")] | None = None
    occurred: Annotated[RequestDateTime, Info(title="发生时间")]
    born: Annotated[RequestDate, Info(title="日期")] | None = None
    hcv_ab: Annotated[str, Info(max_length=3)] | None = Info(None, alias="hcv-ab", title="标记")
    flag: Annotated[str, Codes("flag", load)] | None = None
    local: Annotated[str, Info(max_length=4, title="地方码")] | None = None
    other: RequestScalar | None = None
    memo: Annotated[str, Info(max_length=20, title="备注")] | None = None


class InputX204(RequestModel):
    row: list[InputX204Row]


class OutputX204Part(ResponseModel):
    code: AnswerText | None = None
    share: AnswerDecimal | None = None


class OutputX204Setl(ResponseModel):
    sensitive_fields: ClassVar[frozenset[str]] = frozenset({"psn_name"})
    setl_id: AnswerText | None = None
    psn_name: AnswerText | None = None
    fund: AnswerDecimal | None = None
    count: AnswerInteger | None = None
    born: AnswerDate | None = None
    at: AnswerDateTime | None = None
    done: AnswerBoolean | None = None
    file: AnswerBytes | None = None
    anything: AnswerScalar | None = None
    exp_content: AnswerText | None = None
    hcv_ab: AnswerText | None = Info(None, alias="hcv-ab")
    part: list[OutputX204Part] = Info(default_factory=list)
    one: OutputX204Part = Info(default_factory=OutputX204Part)
    words: list[AnswerText] = Info(default_factory=list)


class OutputX204Result(ResponseModel):
    sn: AnswerText | None = None
    amt: AnswerDecimal | None = None
    at: AnswerDateTime | None = None


class OutputX204(Result):
    setl: OutputX204Setl = Info(default_factory=lambda: OutputX204Setl())  # type: ignore[call-arg]
    result: list[OutputX204Result] = Info(default_factory=list)


class InputX101(RequestModel):
    psn_no: Annotated[str, Info(max_length=10)]
    sub: dict[str, str] | None = None


class OutputX101(Result):
    file_no: AnswerText | None = None
    dld_endtime: AnswerDateTime | None = None


class InputX999(OpenRequest):
    pass


class OutputX999(Result):
    pass


_PART = (Field("code", "编码", "string"), Field("share", "份额", "decimal", precision=(16, 2)))

_TABLES = {
    "X204": (
        (Node("row", "明细", True, (
            Field("sn", "流水号", "string", 30, required=True),
            Field("psn_no", "人员编号", "string", 10, required=True, sensitive=True),
            Field("psn_name", "姓名", "string", 5, sensitive=True),
            Field("kind", "类别", "string", 6, required=True, dictionary="kind"),
            Field("cnt", "数量", "decimal", precision=(16, 4), required=True),
            Field("amt", "金额", "decimal", precision=(16, 2)),
            Field("days", "天数", "integer", 4),
            Field("occurred", "发生时间", "datetime", required=True),
            Field("born", "日期", "date"),
            Field("hcv-ab", "标记", "string", 3, attribute="hcv_ab", aliases=("hcvAb",)),
            Field("flag", "标志", "string", 3, dictionary="flag"),
            Field("local", "地方码", "string", 4, dictionary="local"),
            Field("other", "其他", None),
            Field("memo", "备注", "string", 20),
        )),),
        (Node("setl", "结算", False, (
            Field("setl_id", "结算ID", "string", 30, required=True),
            Field("psn_name", "姓名", "string", 50, sensitive=True),
            Field("fund", "基金", "decimal", precision=(16, 2), required=True),
            Field("count", "次数", "integer"),
            Field("born", "日期", "date"),
            Field("at", "时间", "datetime"),
            Field("done", "完成", "boolean"),
            Field("file", "文件", "bytes"),
            Field("anything", "任意", None),
            Field("exp_content", "扩展", "string", aliases=("expContent",)),
            Field("hcv-ab", "标记", "string", attribute="hcv_ab"),
            Field("part", "部分", "object", repeated=True, fields=_PART),
            Field("one", "单个", "object", fields=_PART),
            Field("words", "词", "string", repeated=True),
        )), Node("result", "结果", True, (
            Field("sn", "流水号", "string", 30),
            Field("amt", "金额", "decimal", precision=(16, 2)),
            Field("at", "时间", "datetime"),
        ), aliases=("results",))),
    ),
    "X101": (
        (Node(None, "", False, (
            Field("psn_no", "人员编号", "string", 10, required=True, sensitive=True),
        )), Node("sub", "附加", False, (
            Field("a", "甲", "string", 5),
            Field("list", "项", "object", repeated=True, attribute="list_", fields=(
                Field("n", "数", "decimal", precision=(4, 0), required=True),
            )),
        ))),
        (Node(None, "", False, (
            Field("file_no", "文件号", "string", 30),
            Field("dld_endtime", "截止", "datetime", aliases=("dld_end_time",)),
        )),),
    ),
    "X000": ((), ()),
    "X999": (None, None),
}  # fmt: skip


class InputX000(RequestModel):
    pass


class OutputX000(Result):
    pass


_MODELS = {
    "X204": (InputX204, OutputX204),
    "X101": (InputX101, OutputX101),
    "X000": (InputX000, OutputX000),
    "X999": (InputX999, OutputX999),
}


def _module(name: str, **content: object) -> None:
    module = ModuleType(name)
    module.__path__ = []
    module.__dict__.update(content)
    sys.modules[name] = module


def _build(package: str) -> Registry:
    for name in ("", ".tables", ".models"):
        _module(package + name)
    _module(f"{package}.codes", load=load, INCOMPLETE=("local",))
    rows = []
    for number, (given, answered) in _TABLES.items():
        tables = {"INPUT": given, "OUTPUT": answered, "FILES": (), "RULES": ()}
        _module(f"{package}.tables.i{number}", **tables)
        classes = {cls.__name__: cls for cls in _MODELS[number]}
        _module(f"{package}.models.i{number}", **classes)
        specified = given is not None
        rows.append(
            (number, f"试验{number}", f"trial.call_{number.lower()}", ("甲", "乙"), "realtime", "",
             "all", True, "request", "query", False, None, (), None, specified,
             "national-baseline" if specified else "unspecified")
        )  # fmt: skip
    return Registry(package, tuple(rows))


REGISTRY = _build("codec_fixture_package")
