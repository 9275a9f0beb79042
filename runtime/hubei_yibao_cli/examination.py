"""What ``doctor`` looks at. Every check ends in a result, a detail and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.call import CallOptions
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.protocol import Protocol

from .preview import offline
from .words import say, yes_no

if TYPE_CHECKING:
    from hubei_yibao_runtime.settings import Settings

FINE, LOOK, BAD, UNREACHABLE, OPEN = "ok", "notice", "bad", "unreachable", "open"
_WORDS = {
    FINE: say("正常", "ok"),
    LOOK: say("留意", "notice"),
    BAD: say("有误", "bad"),
    UNREACHABLE: say("不可达", "unreachable"),
    OPEN: say("待处理", "open"),
}
#: Seconds the host's clock may differ; the client corrects it, but other programs do not.
CLOCK_LIMIT = 60
#: SM3 of "abc" (GB/T 32905-2016, A.1).
_SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


class Check(NamedTuple):
    name: str
    result: str
    detail: str = ""
    advice: str = ""

    @property
    def word(self) -> str:
        return _WORDS[self.result]


def examine(settings: Settings) -> list[Check]:
    """All checks in order; asks the platform's address for nothing but its front page."""
    protocol = offline(INTERFACES, settings)
    parts: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        (say("机构", "institution"), lambda: _institution(settings)),
        (say("接入方式", "profile"), lambda: _profile(protocol)),
        (say("样例报文", "sample message"), lambda: _sample(protocol)),
        (say("签名自检", "signature self-test"), lambda: _signature(protocol)),
        (say("连通", "reachability"), lambda: _network(protocol)),
        (say("日志", "journal"), lambda: _journal(settings)),
    ]
    found: list[Check] = []
    for name, part in parts:
        try:
            found += part()
        except YibaoError as error:
            found.append(Check(name, BAD, error.what, error.advice))
    return found


def _institution(settings: Settings) -> Iterator[Check]:
    name = say("机构", "institution")
    who = f"{settings.fixmedins_code} {settings.fixmedins_name}".strip()
    if not settings.fixmedins_code:
        yield Check(
            name, BAD, say("没有机构编号", "no institution code"),
            say("设置 YIBAO_FIXMEDINS_CODE，或用 --config 指定配置文件", "set YIBAO_FIXMEDINS_CODE, or name a file with --config"),
        )  # fmt: skip
        return
    settings.message_code()
    kind = settings.institution_type
    if kind is None:
        yield Check(
            name, LOOK, who,
            say("设置 institution_type 后，不属于本机构的接口会在本地拒绝", "with institution_type set, calls not meant for it are refused here"),
        )  # fmt: skip
    else:
        yield Check(name, FINE, f"{who} ({kind})")


def _profile(protocol: Protocol) -> Iterator[Check]:
    name = say("接入方式", "profile")
    profile = protocol.profile
    schemes = ", ".join(config.scheme for config in profile.auth) or say("不签名", "unsigned")
    detail = (
        f"{profile.name}; {schemes}; "
        + say("经联调验证：", "verified: ")
        + yes_no(profile.verified)
    )
    if profile.verified:
        yield Check(name, FINE, detail)
    else:
        yield Check(
            name,
            LOOK,
            detail,
            say("与医保局联调后再用于正式业务", "joint test with the bureau first"),
        )
    if not protocol.settings.verify_tls:
        yield Check(
            "TLS", LOOK, "verify_tls = false", say("用 ca_file 代替", "use ca_file instead")
        )


def _sample(protocol: Protocol) -> Iterator[Check]:
    """Frames and signs a message of the code table query, which names no person."""
    from hubei_yibao_simulator.shape import sample_input

    from .preview import preview

    interface = INTERFACES.by_role("query_dictionary")
    given = sample_input(interface, INTERFACES.codes)
    plan = protocol.plan(interface.number, given, CallOptions())
    shown = preview(protocol, plan, personal=False)
    yield Check(
        say("样例报文", "sample message"), FINE,
        say(f"{interface.number} → {shown.url}，{shown.size} 字节", f"{interface.number} → {shown.url}, {shown.size} bytes"),
    )  # fmt: skip


def _signature(protocol: Protocol) -> Iterator[Check]:
    name = say("签名自检", "signature self-test")
    for config in protocol.profile.auth:
        if "sm2" in config.scheme or "sm3" in config.scheme:
            from hubei_yibao_runtime.gm import sm3

            right = sm3(b"abc").hex() == _SM3_ABC
            if right and config.scheme == "sm2-cainfo":
                right = _sm2_agrees(protocol)
            advice = "" if right else say("重装 hubei-yibao[gm]", "install hubei-yibao[gm] anew")
            yield Check(name, FINE if right else BAD, config.scheme, advice)
        else:
            yield Check(name, FINE, config.scheme)


def _sm2_agrees(protocol: Protocol) -> bool:
    """A signature made with the settings' key is accepted by its public half."""
    from hubei_yibao_runtime.gm import Sm2Key

    key = Sm2Key.private(protocol.settings.secret("private_key", "sm2-cainfo"))
    return key.verify(b"doctor", key.sign(b"doctor"))


def _network(protocol: Protocol) -> Iterator[Check]:
    from hubei_yibao_runtime.clock import http_date
    from hubei_yibao_runtime.drivers import sync_driver
    from hubei_yibao_runtime.wire import HttpRequest, WireFault

    name = say("连通", "reachability")
    times = protocol.profile.timeouts
    url = protocol.profile.routing.base or protocol.profile.routing.url(
        INTERFACES.by_role("query_dictionary").number
    )
    request = HttpRequest("GET", url, {"User-Agent": "hubei-yibao"}, b"", times.connect,
                          times.connect, protocol.profile.limits.answer)  # fmt: skip
    driver = sync_driver(protocol.settings, None)
    before = datetime.now(UTC)
    try:
        answer = driver.send(request)
    except WireFault as fault:
        if fault.status is None:
            yield Check(
                name, UNREACHABLE, f"{url}: {fault.what}",
                say("检查专线、防火墙、地址、代理与证书", "check line, firewall, URL, proxy and certificates"),
            )  # fmt: skip
            return
        yield Check(name, FINE, f"{url}: HTTP {fault.status}")
        return
    finally:
        driver.close()
    after = datetime.now(UTC)
    yield Check(
        name, FINE, f"{url}: HTTP {answer.status}, {(after - before).total_seconds():.1f} s"
    )
    stated = http_date(answer.headers.get("date"))
    if stated is None:
        yield Check(
            say("时钟", "clock"), LOOK, say("对方未给出时间", "the other side states no time")
        )
    else:
        yield _clock((stated - (before + (after - before) / 2)).total_seconds())


def _clock(difference: float) -> Check:
    offset = round(difference)
    detail = say(
        f"平台时间与本机相差 {offset:+d} 秒",
        f"the platform's time is {offset:+d} s from this host's",
    )
    if abs(offset) <= CLOCK_LIMIT:
        return Check(say("时钟", "clock"), FINE, detail)
    return Check(
        say("时钟", "clock"),
        LOOK,
        detail,
        say("用 NTP 校准本机时钟", "set this host's clock with NTP"),
    )


def _journal(settings: Settings) -> Iterator[Check]:
    from hubei_yibao_runtime.local import address, open_local

    name = say("日志", "journal")
    if settings.journal == "off":
        yield Check(
            name, LOOK, say("已关闭：写入不留记录", "off: writes leave no record"),
            say("正式业务请勿关闭", "do not switch it off in production"),
        )  # fmt: skip
        return
    where = settings.journal or str(settings.state_directory / "journal.sqlite3")
    if "://" not in where and not Path(where).exists():
        yield _future_journal(Path(where))
        return
    journal = open_local(settings)
    try:
        if not address(settings).startswith(("postgresql://", "postgres://")):
            damage = journal.store.run(("PRAGMA quick_check", ())).rows[0][0]
            if damage != "ok":
                yield Check(name, BAD, f"{where}: {damage}", say("从备份恢复", "restore a backup"))
                return
        unknown = journal.unknown(settings.fixmedins_code or None)
        waiting = len(journal.in_flight())
    finally:
        journal.shutdown()
    detail = say(
        f"结果未知 {len(unknown)}，进行中 {waiting}", f"{len(unknown)} unknown, {waiting} under way"
    )
    if unknown:
        yield Check(name, OPEN, detail, f"hubei-yibao journal resolve {unknown[0].msgid}")
    else:
        yield Check(name, FINE, detail)


def _future_journal(file: Path) -> Check:
    """Its directory is made on the first write; the nearest one that exists must allow it."""
    above = next((parent for parent in file.parents if parent.exists()), Path("/"))
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return Check(
            say("日志", "journal"), FINE, say(f"尚未建立：{file}", f"not there yet: {file}")
        )
    return Check(
        say("日志", "journal"), BAD, say(f"{above} 不可写", f"{above} cannot be written"),
        say("把 state_dir（YIBAO_STATE_DIR）设到可写目录", "set state_dir (YIBAO_STATE_DIR)"),
    )  # fmt: skip
