"""An outpatient visit the way it goes in Hubei: client → bridge → component → platform.

Run by ``python demo/bridge_visit.py``. Bridge and component are real processes; the component is
the rehearsal one, which passes messages on to a simulator. Then the component hangs in a
settlement, and another time its process dies; both times the settlement was carried out, its
outcome is unknown here; it is found, reversed and done again. Exit code 0: both sides' books agree.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hubei_yibao import Client, NotSent, OutcomeUnknown, Settings
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from visit import Hospital, now, shown, title

DEADLINE = 2
CONFIG = """
[bridge]
port = 0
token_file = "token"

[instances.main]
kind = "rehearsal"
url = "{url}"

[instances.hangs]
kind = "rehearsal"
url = "{url}"
hang = ["2207"]
deadline = {deadline}

[instances.crashes]
kind = "rehearsal"
url = "{url}"
crash = ["2207"]

[instances.missing]
kind = "com"
"""


class BridgedHospital(Hospital):
    """The hospital of ``visit.py`` with one client per instance of the bridge, one journal."""

    def __init__(self, clients: Mapping[str, Client], server: SimulatorServer) -> None:
        super().__init__(clients["main"], server)
        self.clients = clients

    def broken(self, instance: str, person: Mapping[str, Any], batch: str) -> None:
        """Settle over an instance that breaks, then find out what became of it."""
        mdtrt_id = self.see(person)
        total = self.charge(person, mdtrt_id, batch, [("SIM-S-0002", "1", "150.00")])
        self.client = self.clients[instance]
        try:
            self.settle(person, mdtrt_id, batch, total)
        except OutcomeUnknown as lost:
            msgid = str(lost.msgid)
            shown("2207", f"{lost.what}：结果未知，不会自动重发")
        else:
            raise AssertionError("the component should have broken")
        finally:
            self.client = self.clients["main"]
        self.take_back(person, mdtrt_id, msgid)
        self.settle(person, mdtrt_id, batch, total)

    def not_registered(self, person: Mapping[str, Any]) -> None:
        try:
            self.clients["missing"].call("2201", examples.register(person, now(), "SIM-O-X"))
        except NotSent as error:
            shown("2201", f"未发送：{error.what}")
        else:
            raise AssertionError("there is no such component here")
        assert not self.client.unknown()


@contextmanager
def bridge(folder: Path, url: str) -> Iterator[tuple[str, str]]:
    """A bridge in a process of its own: its URL and its token."""
    command = [sys.executable, "-m", "hubei_yibao_bridge"]
    token, config, log = folder / "token", folder / "bridge.toml", folder / "bridge.log"
    subprocess.run([*command, "token", "--file", token], check=True, stdout=subprocess.DEVNULL)
    config.write_text(CONFIG.format(url=url, deadline=DEADLINE), encoding="utf-8")
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "serve", "--config", config],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), token.read_text()
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def running() -> Iterator[BridgedHospital]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(SimulatorServer(SimulatorConfig()))
        url, token = stack.enter_context(bridge(folder, server.url))
        clients = {}
        for instance in ("main", "hangs", "crashes", "missing"):
            own = {
                "profile": "hubei-component", "url": f"{url}/v1/{instance}",
                "secrets": {"token": token}, "insuplc_admdvs": "420199",
                "state_dir": folder / "state", "retry": {"attempts": 1},
            }  # fmt: skip
            clients[instance] = stack.enter_context(Client(Settings(**server.settings | own)))
        print(f"模拟器 {server.url}，桥 {url}（人员、项目、待遇规则均为虚构）")
        yield BridgedHospital(clients, server)


def main() -> int:
    logging.getLogger("hubei_yibao").addHandler(logging.NullHandler())
    worker = examples.people()[0]
    with running() as hospital:
        hospital.outpatient_with_refund(worker)
        title(f"组件在结算时卡死：{DEADLINE} 秒后桥结束它的进程")
        hospital.broken("hangs", worker, "B3")
        title("组件在结算时崩溃")
        hospital.broken("crashes", worker, "B4")
        title("组件没有注册或没有安装：什么也没有送出")
        hospital.not_registered(worker)
        agreed = hospital.agree()
    print("\n双方账目一致。" if agreed else "\n双方账目不一致！")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
