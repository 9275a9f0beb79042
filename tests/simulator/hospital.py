"""A hospital's system without our client: plain HTTP, own envelope, own books.

It stands beside the generated client so that simulator and client are not only tested against
each other.
"""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator import examples
from hubei_yibao_simulator.shape import sample_input

UTC8 = timezone(timedelta(hours=8))
BEIJING_FORMAT = "%Y-%m-%d %H:%M:%S"
_serial = itertools.count(1)
_encode = msgspec.json.Encoder(decimal_format="number").encode
PEOPLE = examples.people()


def sampled_input(number: str, seed: int = 1) -> Any:
    """A well-formed input straight from the spec."""
    return sample_input(INTERFACES[number], INTERFACES.codes, seed)


class Refused(Exception):
    """infcode -1."""


class NoAnswer(Exception):
    """The answer was lost or is no message."""


def moment() -> str:
    return datetime.now(UTC8).strftime(BEIJING_FORMAT)


def today() -> str:
    return moment()[:10]


@dataclass
class Hospital:
    """One institution; ``call`` returns the output or raises."""

    url: str
    code: str = "H42999900001"
    headers: dict[str, str] = field(default_factory=dict)
    insuplc: str = "420199"
    sign_no: str = ""

    def __post_init__(self) -> None:
        self.http = httpx2.Client(timeout=10, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def msgid(self) -> str:
        now = datetime.now(UTC8)
        return f"{self.code[:12]}{now:%Y%m%d%H%M%S}{next(_serial) % 10000:04d}"

    def message(
        self, number: str, given: Any, msgid: str | None = None, **extra: Any
    ) -> dict[str, Any]:
        return {
            "infno": number,
            "msgid": msgid or self.msgid(),
            "mdtrtarea_admvs": "420199",
            "insuplc_admdvs": self.insuplc,
            "recer_sys_code": "SIM",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "t01",
            "opter_name": "测试员",
            "inf_time": moment(),
            "fixmedins_code": self.code,
            "fixmedins_name": "测试医院",
            "sign_no": self.sign_no,
            "input": given,
            **extra,
        }

    def post(
        self, body: bytes, headers: Mapping[str, str] | None = None, path: str = "/"
    ) -> httpx2.Response:
        merged = {
            "content-type": "application/json;charset=utf-8",
            **self.headers,
            **(headers or {}),
        }
        return self.http.post(self.url + path, content=body, headers=merged)

    def answer(self, number: str, given: Any, *, msgid: str | None = None,
               headers: Mapping[str, str] | None = None, **extra: Any) -> dict[str, Any]:  # fmt: skip
        """The whole response message; NoAnswer when there is none."""
        body = _encode(self.message(number, given, msgid, **extra))
        try:
            response = self.post(body, headers)
            if response.status_code >= 500:
                raise NoAnswer(f"HTTP {response.status_code}")
            return json.loads(response.content, parse_float=Decimal)  # type: ignore[no-any-return]
        except (httpx2.HTTPError, ValueError) as problem:
            raise NoAnswer(repr(problem)) from None

    def call(self, number: str, given: Any, **options: Any) -> Any:
        answer = self.answer(number, given, **options)
        if str(answer.get("infcode")) != "0":
            raise Refused(answer.get("err_msg"))
        return answer["output"]

    def admin(self, path: str) -> Any:
        return json.loads(self.http.get(f"{self.url}/_sim/{path}").content, parse_float=Decimal)

    def add_rule(self, path: str, **rule: Any) -> None:
        self.http.post(f"{self.url}/_sim/{path}", content=_encode(rule)).raise_for_status()

    def clear_rules(self, path: str) -> None:
        self.http.delete(f"{self.url}/_sim/{path}").raise_for_status()

    # whole steps

    def see(self, person: Mapping[str, Any]) -> str:
        """Register and upload the visit; its mdtrt_id."""
        time = moment()
        given = examples.register(person, time, f"O{next(_serial):06d}")
        mdtrt_id = str(self.call("2201", given)["data"]["mdtrt_id"])
        self.call("2203", examples.visit(person, mdtrt_id, time))
        return mdtrt_id

    def charge(self, person: Mapping[str, Any], mdtrt_id: str, batch: str,
               rows: list[tuple[str, str, str]]) -> Decimal:  # fmt: skip
        """Upload fee rows (item, quantity, price); their sum."""
        time = moment()
        fees = [
            examples.outpatient_fee(person, mdtrt_id, batch, str(next(_serial)), *row, time)
            for row in rows
        ]
        self.call("2204", {"feedetail": fees})
        return sum((fee["det_item_fee_sumamt"] for fee in fees), Decimal(0))

    def settle(self, person: Mapping[str, Any], mdtrt_id: str, batch: str, total: Decimal,
               *, account: bool = False, **options: Any) -> dict[str, Any]:  # fmt: skip
        """Presettle and settle; the setlinfo of 2207."""
        given = examples.settlement(person, mdtrt_id, batch, total, account=account)
        info = self.call("2206", given)["setlinfo"]
        output = self.call("2207", examples.final_settlement(given, info), **options)
        return output["setlinfo"]  # type: ignore[no-any-return]

    def reconcile(self, rows: list[dict[str, Any]], clr_type: str = "11",
                  setl_optins: str = "420199") -> list[list[str]]:  # fmt: skip
        """Upload our settlements, compare, download: the rows that differ."""
        lines = ["\t".join(_cells(row)) for row in rows]
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("detail.txt", "\n".join(lines))
        upload = {
            "fsUploadIn": {
                "in": list(target.getvalue()),
                "filename": "detail.txt.zip",
                "fixmedins_code": self.code,
            }
        }
        stored = self.call("9101", upload)
        data = {
            "setl_optins": setl_optins,
            "file_qury_no": stored["file_qury_no"],
            "stmt_begndate": "2000-01-01",
            "stmt_enddate": "2999-12-31",
            "medfee_sumamt": sum((r["medfee_sumamt"] for r in rows), Decimal(0)),
            "fund_pay_sumamt": sum((r["fund_pay_sumamt"] for r in rows), Decimal(0)),
            "cash_payamt": 0,
            "fixmedins_setl_cnt": len(rows),
            "clr_type": clr_type,
            "refd_setl_flag": "0",
            "fixmedins_refd_setl_flag": "0",
        }
        result = self.call("3202", {"data": data})["fileinfo"]
        return self.download(result["file_qury_no"], result["filename"], self.code)

    def totals(self, insutype: str, rows: list[dict[str, Any]], clr_type: str = "11",
               setl_optins: str = "420199") -> str:  # fmt: skip
        """The 对账结果 of 3201 for our settlements."""
        data = {
            "insutype": insutype,
            "clr_type": clr_type,
            "setl_optins": setl_optins,
            "stmt_begndate": "2000-01-01",
            "stmt_enddate": "2999-12-31",
            "medfee_sumamt": sum((r["medfee_sumamt"] for r in rows), Decimal(0)),
            "fund_pay_sumamt": sum((r["fund_pay_sumamt"] for r in rows), Decimal(0)),
            "acct_pay": sum((r["acct_pay"] for r in rows), Decimal(0)),
            "fixmedins_setl_cnt": len(rows),
            "refd_setl_flag": "0",
        }
        return str(self.call("3201", {"data": data})["stmtinfo"]["stmt_rslt"])

    def download(self, query: str, filename: str, owner: str) -> list[list[str]]:
        given = {
            "fsDownloadIn": {"file_qury_no": query, "filename": filename, "fixmedins_code": owner}
        }
        response = self.post(_encode(self.message("9102", given)))
        assert response.headers["content-type"] == "application/octet-stream"
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            (name,) = archive.namelist()
            text = archive.read(name).decode("utf-8")
        return [line.split("\t") for line in text.splitlines()]


def _cells(row: Mapping[str, Any]) -> list[str]:
    names = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay")
    refund = "1" if row["medfee_sumamt"] < 0 else "0"
    return [*(str(row[name]) for name in names), refund, "null"]
