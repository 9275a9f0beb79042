"""Finding out what became of a write, and taking it back.

The procedure is a generator that yields questions and gets answers, so that the sync and async
clients share it. It looks first, sends a reversal only when asked to, looks again, and writes
every step into the journal; killed anywhere and started again, it goes on from what the journal
holds. A reversal is a journalled write of its own, and the journal takes no second one while the
first is open, unknown or done.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from .call import CallOptions
from .clock import UTC8
from .errors import NotAllowed, NotSent, OutcomeUnknown, Rejected, YibaoError
from .journal import Record, SqlJournal
from .roles import by_role, filled, lacking, rows

if TYPE_CHECKING:
    from .client import AsyncBaseClient, SyncClient
    from .interface import Interface, Registry
    from .model import Result

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one look said: ``says`` is done, undone, not_done, absent or nothing."""

    source: str  #: operation asked, or "statement" for rows handed in
    says: str
    detail: str = ""  #: in words, without personal data


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is known of a write after looking.

    ``finding``: ``done`` (the platform holds it), ``undone`` (held it; taken back since),
    ``not_done`` (certainly not there), ``absent`` (looked for and not seen, which is no proof) or
    ``unknown`` (nothing could be asked). ``state``: of the journal's record now.
    """

    msgid: str
    infno: str
    finding: str
    state: str
    advice: str
    evidence: tuple[Evidence, ...] = ()
    reversal: str | None = None  #: msgid of the reversal that was sent, now or before

    @property
    def settled(self) -> bool:
        """True if nothing is left to find out."""
        return self.finding in ("done", "undone", "not_done")


@dataclass(frozen=True, slots=True)
class Question:
    """A call to make; its answer is a Result or the YibaoError it raised."""

    number: str
    input: Mapping[str, Any] = field(repr=False)
    options: CallOptions


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller wants to know or do about one msgid."""

    msgid: str
    psn_no: str | None = field(default=None, repr=False)  #: the journal has it masked only
    #: Rows of the difference file.
    statement: Iterable[Row] | None = field(default=None, repr=False)
    complete: bool = False  #: ``statement`` is all of it and covers the day of the write
    reverse: bool = False  #: take the write back if it stands or may stand
    force: bool = False  #: also one that is known as carried out
    known: Mapping[str, Any] = field(default_factory=dict, repr=False)  #: setl_id, ipt_otp_no, ...


_CHOICES = ("psn_no", "statement", "complete", "reverse", "force")

Work = Generator[Question, "Result | YibaoError", Resolution]

_STATES = {"ok": "done", "resolved_done": "done", "rejected": "not_done", "not_sent": "not_done",
           "resolved_not_done": "not_done", "reversed": "undone"}  # fmt: skip
_SETTLED = {"done": "resolved_done", "undone": "reversed", "not_done": "resolved_not_done"}
_ADVICE = {
    "done": "take it over as done; if your books cannot, reverse it (reverse=True, force=True)",
    "undone": "it was taken back; a new attempt is a new call",
    "not_done": "it was not carried out; a new attempt is a new call",
    "absent": "not proven: reconcile the day (totals, then details) and hand in the rows of the "
    "difference file with complete=True, or take it back with reverse=True",
    "unknown": "nothing could be asked: give psn_no and the identifiers you have, or reconcile the "
    "day (totals, then details) and hand in the rows of the difference file",
}
_UNCONFIRMED = (
    "the platform took the reversal, but nothing shows it yet: resolve again later, or reconcile "
    "the day and hand in the rows of the difference file; never reverse it twice"
)


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    return tomllib.loads(
        resources.files(__package__ or "").joinpath("resolve.toml").read_text("utf-8")
    )


class Resolver:
    """Looks up the writes of one institution; ``reversible`` holds numbers, None: the spec's flags."""

    def __init__(
        self,
        registry: Registry,
        journal: SqlJournal,
        institution: str,
        reversible: tuple[str, ...] | None = None,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._institution = institution
        self._reversible = reversible

    def work(self, request: Request) -> Work:
        """The procedure itself. Raises YibaoError where it may not be started or gone on with."""
        record = self._record(request)
        if record.reverses and self._journal.get(record.reverses):
            # Of a reversal only its effect can be seen: the write it was to take back.
            record = self._record(Request(record.reverses, request.psn_no))
            request = Request(
                record.msgid, request.psn_no, request.statement, request.complete,
                known=request.known,
            )  # fmt: skip
        before = self._journal.reversal_of(record.msgid)
        pending = before is not None and before.state in ("open", "unknown", "ok")
        finding = _STATES.get(record.state)
        if finding is not None and not (pending and record.state != "reversed"):
            if not request.reverse or finding != "done":
                return self._resolution(record, finding, (), before)
            self._check_reversal(record, request)
        elif request.reverse:
            self._check_reversal(record, request)

        evidence = yield from self._look(record, request)
        finding = _conclude(evidence)
        if before is not None and pending:
            finding = self._after_reversal(record, before, finding)
            if finding == "undone" or before.state == "ok" or not request.reverse:
                return self._settled(record, finding, evidence, before)
        elif not request.reverse or finding in ("undone", "not_done"):
            return self._settled(record, finding, evidence, before)
        return (yield from self._take_back(record, request))

    def _record(self, request: Request) -> Record:
        record = self._journal.get(request.msgid)
        if record is None:
            raise YibaoError("the journal has no such write", msgid=request.msgid)
        about: dict[str, Any] = {"infno": record.infno, "msgid": record.msgid}
        if record.institution != self._institution:
            raise NotAllowed(f"it is a write of {record.institution}", **about,
                             advice="resolve it with that institution's settings")  # fmt: skip
        if record.in_flight:
            raise YibaoError(
                "a living process still waits for its answer", **about,
                advice=f"wait; at {record.deadline:%H:%M:%S} UTC at the latest it can be looked up",
            )  # fmt: skip
        if request.psn_no and not self._journal.knows_person(record, request.psn_no):
            raise NotSent("psn_no is not the person of this write", **about, safe_to_repeat=False)
        return record

    def _check_reversal(self, record: Record, request: Request) -> None:
        interface = self._registry[record.infno]
        about: dict[str, Any] = {
            "infno": record.infno, "name": interface.name, "msgid": record.msgid,
        }  # fmt: skip
        allowed = interface.reversible
        if self._reversible is not None:
            allowed = record.infno in self._reversible
        if not allowed:
            raise NotAllowed("the platform's reversal does not take this interface back", **about,
                             advice="undo it with the interface meant for that, if any")  # fmt: skip
        if record.state in ("ok", "resolved_done") and not request.force:
            raise NotAllowed(
                "it is known as carried out and is not reversed unless forced", **about,
                advice="force=True takes it back if your own books do not hold it",
            )  # fmt: skip
        if not request.psn_no:
            raise NotSent("a reversal needs psn_no, which the journal keeps masked only",
                          safe_to_repeat=False, advice="give psn_no", **about)  # fmt: skip

    def _look(
        self, record: Record, request: Request, *, again: bool = False
    ) -> Generator[Question, Result | YibaoError, tuple[Evidence, ...]]:
        found: list[Evidence] = []
        known = {**record.keys, **request.known, "msgid": record.msgid}
        known.pop("psn_no", None)
        if request.psn_no:
            known["psn_no"] = request.psn_no
        if request.statement is not None and not again:  # its rows are older than a reversal
            found.append(_in_statement(record, request, known))
        day = timedelta(days=1)
        opened = record.opened.astimezone(UTC8).replace(tzinfo=None, microsecond=0)
        period = {"begntime": str(opened - day), "endtime": str(opened + day)}
        for rule in _rules()["lookup"]:
            if record.operation in rule["after"] and not any(e.says in _SETTLED for e in found):
                found.append((yield from self._ask(record, rule, known | period)))
        for evidence in found:
            self._journal.step(record.msgid, "looked", {
                "source": evidence.source, "says": evidence.says, "detail": evidence.detail,
            })  # fmt: skip
        return tuple(found)

    def _ask(
        self, record: Record, rule: Mapping[str, Any], known: Row
    ) -> Generator[Question, Result | YibaoError, Evidence]:
        operation = rule["ask"]
        try:
            interface = self._registry.by_operation(operation)
        except KeyError:
            return Evidence(operation, "nothing", "no such interface here")
        wanted = [value[1:] for value in rule["found"].values() if value.startswith("$")]
        missing = [*lacking(interface, known), *(name for name in wanted if not known.get(name))]
        if missing:
            names = ", ".join(dict.fromkeys(missing))
            return Evidence(operation, "nothing", f"not asked, without {names}")
        answer = yield self._question(record, interface, known)
        if isinstance(answer, YibaoError):
            code = f" {answer.infcode}" if isinstance(answer, Rejected) else ""
            return Evidence(operation, "nothing", f"{type(answer).__name__}{code}")
        for row in rows(answer.model_dump(by_alias=True)):
            if _matches(row, rule["found"], known):
                undone = rule.get("undone")
                taken_back = undone is not None and _matches(row, undone, known)
                return Evidence(operation, "undone" if taken_back else "done")
        return Evidence(operation, "absent")

    def _question(self, record: Record, interface: Interface, known: Row) -> Question:
        options = CallOptions(
            insuplc_admdvs=record.insuplc_admdvs or None, note=f"resolves {record.msgid}"
        )
        return Question(interface.number, filled(interface, known), options)

    def _after_reversal(self, record: Record, before: Record, finding: str) -> str:
        """What a look says once a reversal may have arrived; an unknown one is settled by it."""
        if before.in_flight:
            raise YibaoError("a living process is reversing it", msgid=record.msgid, advice="wait")
        if before.state == "ok":
            return "undone" if finding in ("absent", "not_done") else finding
        if finding in ("undone", "not_done"):
            self._journal.settle(before.msgid, "resolved_done", f"{record.msgid} does not stand")
            return "undone"
        if finding == "done":
            self._journal.settle(before.msgid, "resolved_not_done", f"{record.msgid} stands")
        return finding

    def _take_back(self, record: Record, request: Request) -> Work:
        reverse = by_role(self._registry, "reverse")
        values = {"psn_no": request.psn_no, "omsgid": record.msgid, "oinfno": record.infno}
        self._journal.step(record.msgid, "reversing", {"with": reverse.number})
        answer = yield self._question(record, reverse, values)
        self._journal.step(record.msgid, "reversal", {
            "outcome": answer.outcome if isinstance(answer, YibaoError) else "ok",
            "msgid": answer.msgid,
        })  # fmt: skip
        sent = self._journal.reversal_of(record.msgid)
        if isinstance(answer, NotSent):
            raise answer
        if isinstance(answer, YibaoError):
            code = f" {answer.infcode}" if isinstance(answer, Rejected) else ""
            said = Evidence(reverse.operation, "nothing", f"{type(answer).__name__}{code}")
            seen: tuple[Evidence, ...] = ()
            if not isinstance(answer, OutcomeUnknown):
                seen = yield from self._look(record, request, again=True)
            return self._settled(record, _conclude(seen), (said, *seen), sent)
        evidence = yield from self._look(record, request, again=True)
        finding = _conclude(evidence)
        finding = "undone" if finding in ("absent", "not_done") else finding
        return self._settled(record, finding, evidence, sent)

    def _settled(
        self, record: Record, finding: str, evidence: tuple[Evidence, ...], reversal: Record | None
    ) -> Resolution:
        state = _SETTLED.get(finding, "unknown" if record.state == "open" else record.state)
        accepted = reversal is not None and reversal.state == "ok"
        if finding == "done" and (accepted or record.state == "ok"):
            state = record.state if record.state != "open" else "unknown"
        if state != record.state:
            note = ", ".join(f"{e.source}: {e.says}" for e in evidence)
            self._journal.settle(record.msgid, state, note)
        return self._resolution(record, finding, evidence, reversal)

    def _resolution(
        self, record: Record, finding: str, evidence: tuple[Evidence, ...], reversal: Record | None
    ) -> Resolution:
        now = self._journal.get(record.msgid) or record
        advice = _ADVICE[finding]
        if reversal is not None and reversal.state == "ok" and finding != "undone":
            advice = _UNCONFIRMED
        return Resolution(
            record.msgid, record.infno, finding, now.state, advice, evidence,
            reversal.msgid if reversal else None,
        )  # fmt: skip


def resolve(client: SyncClient, msgid: str, **choices: Any) -> Resolution:
    """Looks ``msgid`` up and, if asked to, takes it back; ``choices``: the fields of Request.

    Other names are identifiers by wire name (``setl_id``, ``ipt_otp_no``, ...) to look up by.
    Raises NotAllowed or NotSent where a reversal is refused, YibaoError where the journal has no
    such write or its call is still under way.
    """
    work = _begin(client, msgid, choices)
    answer: Result | YibaoError | None = None
    while isinstance(step := _next(work, answer), Question):
        try:
            answer = client.call(step.number, step.input, options=step.options)
        except YibaoError as error:
            answer = error
    return step


async def resolve_async(client: AsyncBaseClient, msgid: str, **choices: Any) -> Resolution:
    """The same with an async client; the journal's disk work runs in threads."""
    work = _begin(client, msgid, choices)
    answer: Result | YibaoError | None = None
    while isinstance(step := await asyncio.to_thread(_next, work, answer), Question):
        try:
            answer = await client.call(step.number, step.input, options=step.options)
        except YibaoError as error:
            answer = error
    return step


def _begin(client: SyncClient | AsyncBaseClient, msgid: str, choices: dict[str, Any]) -> Work:
    own = {name: choices.pop(name) for name in _CHOICES if name in choices}
    protocol = client._protocol
    resolver = Resolver(
        protocol.registry, client._journal, protocol.settings.fixmedins_code,
        protocol.profile.reversible,
    )  # fmt: skip
    return resolver.work(Request(msgid, known=choices, **own))


def _next(work: Work, answer: Result | YibaoError | None) -> Question | Resolution:
    try:
        return next(work) if answer is None else work.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _conclude(evidence: Iterable[Evidence]) -> str:
    """The strongest thing said: proof over absence over nothing; taken back over done."""
    said = {item.says for item in evidence}
    for finding in ("undone", "done", "not_done", "absent"):
        if finding in said:
            return finding
    return "unknown"


def _in_statement(record: Record, request: Request, known: Row) -> Evidence:
    rule = _rules()["statement"]
    for row in request.statement or ():
        if _matches(row, rule["found"], known):
            if _matches(row, rule["absent"], known):
                return Evidence("statement", "not_done", "only the institution's books hold it")
            flagged = _matches(row, rule["undone"], known)
            taken_back = flagged and record.operation in rule["undone_of"]
            return Evidence("statement", "undone" if taken_back else "done")
    return Evidence("statement", "not_done" if request.complete else "absent")


def _matches(row: Row, wanted: Mapping[str, str], known: Row) -> bool:
    return all(
        str(row.get(name, "")) == str(known.get(value[1:], "") if value[:1] == "$" else value)
        for name, value in wanted.items()
    )
