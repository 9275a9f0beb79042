"""A day at a small hospital, against the simulator, through the generated client.

Run by ``make demo``. It starts a simulator on a free port of this host, settles an outpatient
visit and refunds a part of it, settles a hospital stay, loses the answer to a settlement that was
carried out, finds it, takes it back, and compares both sides' books. People, items and benefit
rules are invented. Exit code 0: both sides agree.
"""

from __future__ import annotations

import io
import logging
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx2
from hubei_yibao import INTERFACES, Client, OutcomeUnknown, Settings, encode
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from hubei_yibao_simulator.config import UTC8

DIFFERENCE_COLUMNS = (
    "psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo",
    "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "exp_content",
)  # fmt: skip
BALANCED = "000000"
OUTPATIENT, INPATIENT = "11", "21"
Row = dict[str, Any]


def now() -> str:
    return datetime.now(UTC8).strftime("%Y-%m-%d %H:%M:%S")


def title(text: str) -> None:
    print(f"\n{text}")


def shown(number: str, text: str) -> None:
    """One step: number, name in a column of its own, what came of it."""
    name = INTERFACES[number].name
    width = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in name)
    print(f"  {number}  {name}{' ' * (30 - width)}{text}")


def shares(info: Any) -> str:
    # the published table of 2208 spells psn_cash_pay as pdn_cash_pay
    cash = info.psn_cash_pay if hasattr(info, "psn_cash_pay") else info.pdn_cash_pay
    return (
        f"总额 {info.medfee_sumamt:>9}  =  基金 {info.fund_pay_sumamt:>8}"
        f"  +  个账 {info.acct_pay:>8}  +  现金 {cash:>8}"
    )


class Books:
    """The hospital's own account of what it settled."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[Row]] = {}

    def enter(self, info: Any, psn_no: str, insutype: str, clr_type: str) -> None:
        row = {name: getattr(info, name) for name in ("setl_id", "mdtrt_id", "medfee_sumamt",
                                                      "fund_pay_sumamt", "acct_pay")}  # fmt: skip
        self.rows.setdefault((insutype, clr_type), []).append({**row, "psn_no": psn_no})

    def sums(self, insutype: str, clr_type: str) -> Row:
        rows = self.rows.get((insutype, clr_type), [])
        names = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
        return {
            **{name: sum((row[name] for row in rows), Decimal(0)) for name in names},
            "fixmedins_setl_cnt": len(rows),
        }

    def file(self, insutype: str, clr_type: str) -> bytes:
        """The upload file of 3202: zip, one row a line, TAB between, ``null`` for empty."""
        lines = []
        for row in self.rows.get((insutype, clr_type), []):
            refund = "1" if row["medfee_sumamt"] < 0 else "0"
            names = (
                "setl_id",
                "mdtrt_id",
                "psn_no",
                "medfee_sumamt",
                "fund_pay_sumamt",
                "acct_pay",
            )
            lines.append("\t".join([*(str(row[name]) for name in names), refund, "null"]))
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("detail.txt", "\n".join(lines))
        return target.getvalue()


class Hospital:
    """The steps of a day; every call goes through the generated client."""

    def __init__(self, client: Client, server: SimulatorServer) -> None:
        self.client = client
        self.server = server
        self.books = Books()
        self.serial = 0
        self.first_day = now()[:10]

    def identify(self, person: Mapping[str, Any]) -> None:
        found = self.client.call("1101", examples.query_person(person))
        insured = examples.insured(person)
        row = next(r for r in found.insuinfo if r.insutype == insured["insutype"])
        shown("1101", f"{found.baseinfo.psn_name}，险种 {row.insutype}，个人账户余额 {row.balc}")

    def see(self, person: Mapping[str, Any]) -> str:
        self.serial += 1
        registered = self.client.call(
            "2201", examples.register(person, now(), f"SIM-O-{self.serial:04d}")
        )
        mdtrt_id = str(registered.data.mdtrt_id)
        shown("2201", f"就诊ID {mdtrt_id}")
        self.client.call("2203", examples.visit(person, mdtrt_id, now()))
        shown("2203", "诊断 1 条")
        return mdtrt_id

    def charge(
        self, person: Mapping[str, Any], mdtrt_id: str, batch: str,
        rows: list[tuple[str, str, str]],
    ) -> Decimal:  # fmt: skip
        fees = []
        for item, count, price in rows:
            self.serial += 1
            serial = str(self.serial)
            fees.append(
                examples.outpatient_fee(person, mdtrt_id, batch, serial, item, count, price, now())
            )
        answer = self.client.call("2204", {"feedetail": fees})
        total = sum((row.det_item_fee_sumamt or Decimal(0) for row in answer.result), Decimal(0))
        inside = sum((row.inscp_scp_amt or Decimal(0) for row in answer.result), Decimal(0))
        shown("2204", f"明细 {len(fees)} 行，合计 {total}，其中政策范围内 {inside}")
        return total

    def settle(self, person: Mapping[str, Any], mdtrt_id: str, batch: str, total: Decimal) -> Any:
        given = examples.settlement(person, mdtrt_id, batch, total, account=True)
        before = self.client.call("2206", given).setlinfo
        shown("2206", shares(before))
        parts = {name: getattr(before, name) for name in examples.PARTS}
        info = self.client.call("2207", examples.final_settlement(given, parts)).setlinfo
        shown("2207", f"{shares(info)}  结算ID {info.setl_id}")
        self.books.enter(info, person["psn_no"], examples.insured(person)["insutype"], OUTPATIENT)
        return info

    def outpatient_with_refund(self, person: Mapping[str, Any]) -> None:
        title("一、门诊就诊，结算后退一部分费用")
        self.identify(person)
        mdtrt_id = self.see(person)
        rows = [
            ("SIM-S-0001", "1", "300.00"),
            ("SIM-X-0002", "1", "80.00"),
            ("SIM-X-0001", "2", "12.50"),
        ]
        info = self.settle(person, mdtrt_id, "B1", self.charge(person, mdtrt_id, "B1", rows))
        back = self.client.call("2208", examples.refund(person, mdtrt_id, info.setl_id)).setlinfo
        shown("2208", f"{shares(back)}  结算ID {back.setl_id}")
        self.books.enter(back, person["psn_no"], "310", OUTPATIENT)
        all_rows = {"mdtrt_id": mdtrt_id, "chrg_bchno": "0000", "psn_no": person["psn_no"]}
        self.client.call("2205", {"data": all_rows})
        shown("2205", "撤销全部未结算明细，重新上传留下的部分")
        self.settle(person, mdtrt_id, "B2", self.charge(person, mdtrt_id, "B2", rows[:2]))
        self.identify(person)

    def stay(self, person: Mapping[str, Any]) -> None:
        title("二、住院：入院、记账、退一行、结算、出院")
        self.identify(person)
        admission = examples.admission(person, now())
        mdtrt_id = str(self.client.call("2401", admission).result.mdtrt_id)
        shown("2401", f"就诊ID {mdtrt_id}")
        rows = [
            examples.inpatient_fee(person, mdtrt_id, "1", "SIM-S-0003", "5", "60.00", now()),
            examples.inpatient_fee(person, mdtrt_id, "2", "SIM-M-0001", "1", "1200.00", now()),
            examples.inpatient_fee(person, mdtrt_id, "3", "SIM-X-0001", "10", "9.99", now()),
            examples.inpatient_fee(
                person, mdtrt_id, "4", "SIM-X-0001", "-4", "9.99", now(), returns="3"
            ),
        ]
        self.client.call("2301", {"feedetail": rows})
        total = sum((row["det_item_fee_sumamt"] for row in rows), Decimal(0))
        shown("2301", f"明细 {len(rows)} 行（含退单 1 行），合计 {total}")
        given = examples.inpatient_settlement(person, mdtrt_id, total)
        before = self.client.call("2303", given).setlinfo
        shown("2303", shares(before))
        parts = {name: getattr(before, name) for name in examples.PARTS}
        final = examples.final_inpatient_settlement(given, parts)
        info = self.client.call("2304", final).setlinfo
        shown("2304", f"{shares(info)}  结算ID {info.setl_id}")
        self.books.enter(info, person["psn_no"], examples.insured(person)["insutype"], INPATIENT)
        self.client.call("2402", examples.discharge(person, mdtrt_id, now()))
        shown("2402", "已出院")

    def lost_answer(self, person: Mapping[str, Any]) -> None:
        title("三、结算已执行而应答丢失：找到、查明、冲正、重新结算")
        mdtrt_id = self.see(person)
        total = self.charge(person, mdtrt_id, "B3", [("SIM-S-0002", "1", "150.00")])
        rule = {"kind": "drop-after-commit", "numbers": ["2207"], "times": 1}
        httpx2.post(f"{self.server.url}/_sim/faults", json=rule, trust_env=False).raise_for_status()
        try:
            self.settle(person, mdtrt_id, "B3", total)
        except OutcomeUnknown as lost:
            msgid = str(lost.msgid)
            shown("2207", f"连接中断，结果未知（{type(lost).__name__}），不会自动重发")
        else:
            raise AssertionError("the answer should have been lost")
        self.take_back(person, mdtrt_id, msgid)
        self.settle(person, mdtrt_id, "B3", total)

    def take_back(self, person: Mapping[str, Any], mdtrt_id: str, msgid: str) -> None:
        """A settlement nobody knows the end of: found, reversed, and seen to be gone."""
        waiting = [record.msgid for record in self.client.unknown()]
        assert waiting == [msgid], waiting
        print(f"        日志里待查的报文：{msgid}")
        self.compare_totals("310", OUTPATIENT)
        rows = self.differences("310", OUTPATIENT)
        found = self.client.resolve(
            msgid, psn_no=person["psn_no"], statement=rows, complete=True, mdtrt_id=mdtrt_id
        )
        print(f"        查明：{found.finding}（平台已结算，本院账上没有）")
        assert found.finding == "done", found
        undone = self.client.resolve(
            msgid, psn_no=person["psn_no"], mdtrt_id=mdtrt_id, reverse=True, force=True
        )
        shown("2601", f"冲正报文 {undone.reversal}")
        confirmed = self.client.resolve(
            msgid, psn_no=person["psn_no"], statement=self.differences("310", OUTPATIENT),
            complete=True, mdtrt_id=mdtrt_id,
        )  # fmt: skip
        print(
            f"        核实：{confirmed.finding}，日志里待查的报文还有 {len(self.client.unknown())} 条"
        )
        assert not self.client.unknown()

    def compare_totals(self, insutype: str, clr_type: str) -> bool:
        data = {
            "insutype": insutype, "clr_type": clr_type, "setl_optins": "420199",
            "stmt_begndate": self.first_day, "stmt_enddate": now()[:10], "refd_setl_flag": "0",
            **self.books.sums(insutype, clr_type),
        }  # fmt: skip
        answer = self.client.call("3201", {"data": data}).stmtinfo
        equal = bool(answer.stmt_rslt == BALANCED)
        verdict = "平" if equal else "不平"
        shown("3201", f"险种 {insutype} 清算类别 {clr_type}：{verdict}；{answer.stmt_rslt_dscr}")
        return equal

    def differences(self, insutype: str, clr_type: str) -> list[Row]:
        """Upload our rows, compare, fetch the difference file."""
        code = self.client.settings.fixmedins_code
        content = self.books.file(insutype, clr_type)
        upload = {"in": content, "filename": "detail.txt.zip", "fixmedins_code": code}
        stored = self.client.call("9101", {"fsUploadIn": upload})
        shown("9101", f"本院明细 {len(content)} 字节")
        sums = self.books.sums(insutype, clr_type)
        del sums["acct_pay"]
        data = {
            "setl_optins": "420199", "file_qury_no": stored.file_qury_no,
            "stmt_begndate": self.first_day, "stmt_enddate": now()[:10], "cash_payamt": Decimal(0),
            "clr_type": clr_type, "refd_setl_flag": "0", **sums,
        }  # fmt: skip
        result = self.client.call("3202", {"data": data}).fileinfo
        wanted = {
            "file_qury_no": result.file_qury_no, "filename": result.filename,
            "fixmedins_code": code,
        }  # fmt: skip
        shown("3202", f"差异文件 {result.filename}")
        rows = self.download({"fsDownloadIn": wanted})
        shown("9102", f"差异 {len(rows)} 行")
        return rows

    def download(self, given: Row) -> list[Row]:
        """9102 answers with a zip instead of a message: built here, sent by a transport of ours."""
        message = encode("9102", given, self.client.settings)
        response = httpx2.post(self.server.url, content=message, trust_env=False)
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            lines = archive.read(archive.namelist()[0]).decode("utf-8").splitlines()
        return [dict(zip(DIFFERENCE_COLUMNS, line.split("\t"), strict=True)) for line in lines]

    def agree(self) -> bool:
        title("四、日终对账")
        agreed = True
        for insutype, clr_type in sorted(self.books.rows):
            agreed &= self.compare_totals(insutype, clr_type)
            agreed &= not self.differences(insutype, clr_type)
        return agreed


@contextmanager
def running() -> Iterator[Hospital]:
    with (
        tempfile.TemporaryDirectory() as folder,
        SimulatorServer(SimulatorConfig()) as server,
        Client(Settings(**server.settings, insuplc_admdvs="420199", state_dir=folder)) as client,
    ):
        print(f"模拟器已启动：{server.url}（人员、项目、待遇规则均为虚构）")
        yield Hospital(client, server)


def main() -> int:
    logging.getLogger("hubei_yibao").addHandler(logging.NullHandler())  # the steps say it all
    worker, resident = examples.people()[:2]
    with running() as hospital:
        hospital.outpatient_with_refund(worker)
        hospital.stay(resident)
        hospital.lost_answer(worker)
        agreed = hospital.agree()
    print("\n双方账目一致。" if agreed else "\n双方账目不一致！")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
