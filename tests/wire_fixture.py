"""A small invented registry with one interface of every kind the transport treats differently."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.interface import Field, Node, Registry
from hubei_yibao_runtime.model import OpenRequest, RequestModel, ResponseModel, Result
from hubei_yibao_runtime.settings import Settings
from hubei_yibao_runtime.types import AnswerBytes, AnswerDecimal, AnswerText
from pydantic import Field as Info

PACKAGE = "wire_fixture_package"
CODE = "H42000000001"
#: Invented, in the shape of the real thing: tests look for them where they must not be.
PSN_NO = "42000011200000001234567890"
CERTNO = "420106199001011234"
NAME = "张三丰"
PERSONAL = (PSN_NO, CERTNO, NAME)

_PERSON = (
    Field("psn_no", "人员编号", "string", 30, sensitive=True),
    Field("certno", "证件号码", "string", 50, sensitive=True),
    Field("psn_name", "人员姓名", "string", 50, sensitive=True),
)
_INPUT = (
    Node("data", "", False, (
        *_PERSON,
        Field("mdtrt_id", "就诊ID", "string", 30),
        Field("amt", "金额", "decimal", precision=(16, 2)),
    )),
)  # fmt: skip
_OUTPUT = (
    Node("setlinfo", "", False, (
        *_PERSON,
        Field("setl_id", "结算ID", "string", 30),
        Field("fund", "基金", "decimal", precision=(16, 2)),
    )),
)  # fmt: skip
_TABLES: dict[str, tuple[Any, Any]] = {
    "S901": (
        (Node("signIn", "", False, tuple(
            Field(name, "", "string", 30) for name in ("opter_no", "mac", "ip"))),),
        (Node("signinoutb", "", False, (Field("sign_no", "签到编号", "string", 30),)),),
    ),
    "S902": (
        (Node("signOut", "", False, tuple(
            Field(name, "", "string", 30) for name in ("sign_no", "opter_no"))),),
        (),
    ),
    "F101": (
        (Node("fsUploadIn", "", False, (
            Field("in", "文件数据", "bytes", attribute="in_"),
            Field("filename", "文件名", "string", 200),
        )),),
        (Node(None, "", False, (Field("file_qury_no", "文件查询号", "string", 40),)),),
    ),
    "N999": (None, None),
}  # fmt: skip


class Setlinfo(ResponseModel):
    sensitive_fields: ClassVar[frozenset[str]] = frozenset({"psn_no", "certno", "psn_name"})
    psn_no: AnswerText | None = None
    certno: AnswerText | None = None
    psn_name: AnswerText | None = None
    setl_id: AnswerText | None = None
    fund: AnswerDecimal | None = None


class Settled(Result):
    setlinfo: Setlinfo = Info(default_factory=Setlinfo)


class Signinoutb(ResponseModel):
    sign_no: AnswerText | None = None


class SignedIn(Result):
    signinoutb: Signinoutb = Info(default_factory=Signinoutb)


class Uploaded(Result):
    file_qury_no: AnswerText | None = None
    data: AnswerBytes | None = None


_OUTPUTS: dict[str, type[Result]] = {"S901": SignedIn, "S902": Result, "F101": Uploaded,
                                     "N999": Result}  # fmt: skip

#: number, institution, open, direction, effect, role
_ROWS: tuple[tuple[str, str, bool | None, str, str, str | None], ...] = (
    ("Q101", "all", True, "request", "query", None),
    ("W207", "all", True, "request", "write", None),
    ("C301", "all", False, "request", "query", None),
    ("U301", "all", None, "request", "query", None),
    ("P101", "pharmacy", True, "request", "query", None),
    ("M101", "medical", True, "request", "query", None),
    ("B204", "all", True, "callback", "write", None),
    ("S901", "all", True, "request", "session", "sign_in"),
    ("S902", "all", True, "request", "session", "sign_out"),
    ("F101", "all", True, "request", "transfer", "upload_file"),
    ("N999", "all", True, "request", "query", None),
)


def _module(name: str, **content: object) -> None:
    module = ModuleType(name)
    module.__path__ = []
    module.__dict__.update(content)
    sys.modules[name] = module


def _build() -> Registry:
    for name in ("", ".tables", ".models"):
        _module(PACKAGE + name)
    _module(f"{PACKAGE}.codes", load=lambda key: {})
    rows = []
    for number, institution, is_open, direction, effect, role in _ROWS:
        given, answered = _TABLES.get(number, (_INPUT, _OUTPUT))
        _module(f"{PACKAGE}.tables.i{number}", INPUT=given, OUTPUT=answered, FILES=(), RULES=())
        models = {
            f"Input{number}": OpenRequest if given is None else RequestModel,
            f"Output{number}": _OUTPUTS.get(number, Settled),
        }
        _module(f"{PACKAGE}.models.i{number}", **models)
        rows.append((number, f"试验{number}", f"trial.call_{number.lower()}", ("甲", "乙"),
                     "realtime", "虚构的交易。", institution, is_open, direction, effect,
                     effect == "write", role, (), None, given is not None,
                     "national-baseline" if given else "unspecified"))  # fmt: skip
    return Registry(PACKAGE, tuple(rows))


REGISTRY = _build()
INPUT = {"data": {"psn_no": PSN_NO, "certno": CERTNO, "psn_name": NAME, "amt": "12.30"}}


def settings(directory: Path, url: str | None = "http://127.0.0.1:9", **changes: Any) -> Settings:
    """Complete settings with quick retries; the journal lies in ``directory``."""
    values: dict[str, Any] = {
        "fixmedins_code": CODE, "fixmedins_name": "试验医院", "mdtrtarea_admvs": "420100",
        "insuplc_admdvs": "420100", "recer_sys_code": "T", "infver": "V1", "opter": "001",
        "opter_name": NAME, "url": url, "state_dir": directory,
        "retry": {"attempts": 2, "first_wait": 0.01, "longest_wait": 0.02},
    }  # fmt: skip
    return Settings(**(values | changes))


def client(directory: Path, url: str, **changes: Any) -> SyncClient:
    """A sync client; ``hooks``, ``clock`` and a journal object go to it, the rest to its settings."""
    own: dict[str, Any] = {
        name: changes.pop(name) for name in ("hooks", "clock") if name in changes
    }
    if not isinstance(changes.get("journal", ""), str):
        own["journal"] = changes.pop("journal")
    return SyncClient(settings(directory, url, **changes), registry=REGISTRY, **own)
