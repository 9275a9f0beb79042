"""The outbox's rows: short transactions, each change conditional on what it found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.interface import Registry
from sqlalchemy import (
    Engine,
    and_,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from ..rules import group, rules
from .schema import ASIDE, METADATA, OUTBOX, UNFINISHED, WORKER

_HEAD_STATES = ("new", "later")
_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Message:
    """One row; ``payload``, ``words`` and ``answer`` may hold personal data."""

    id: int
    institution: str
    number: str
    business_key: str
    payload: str = field(repr=False)
    visit: str | None
    created: int | None
    chain: str
    process: str
    state: str
    attempt: int
    msgid: str
    journal: str
    due: int
    changed: int
    infcode: str
    words: str = field(repr=False)
    answer: str = field(repr=False)

    def input(self) -> dict[str, Any]:
        """The payload with exact numbers; ValueError where it is no JSON object."""
        return parsed(self.payload)


@dataclass(frozen=True, slots=True)
class Counts:
    """How one institution's outbox stands; ``oldest`` in seconds, of what is not finished."""

    states: Mapping[str, int]
    held: int  #: wait behind one that was set aside
    oldest: float
    tries: int  #: sends beyond the first, over all rows


def encoded(value: Any) -> str:
    """JSON with money as exact numbers."""
    return _encoder.encode(value).decode()


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def parsed(text: str) -> dict[str, Any]:
    """A JSON object with Decimals; ValueError otherwise."""
    try:
        value = json.loads(text, parse_float=Decimal)
    except ValueError:  # the decoder's own error carries the whole text, which may be personal
        raise ValueError("not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def first(value: Any, name: str) -> str:
    """The first scalar of this name anywhere in a message, "" where there is none."""
    if isinstance(value, Mapping):
        found = value.get(name)
        if found not in (None, "") and not isinstance(found, Mapping | list):
            return str(found)
        value = list(value.values())
    if isinstance(value, list):
        return next((found for part in value if (found := first(part, name))), "")
    return ""


def connect(url: str) -> Engine:
    """An engine on which SQLite waits for others and keeps commits through a power cut."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class Outbox:
    """The outbox in any database SQLAlchemy reaches; safe with threads and processes."""

    def __init__(self, url: str, registry: Registry) -> None:
        self.engine = connect(url)
        self._registry = registry

    def create(self) -> None:
        """Makes the tables where they are missing; several processes may start at once."""
        with suppress(OperationalError, ProgrammingError, IntegrityError):
            METADATA.create_all(self.engine)
        METADATA.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def add(
        self, institution: str, number: str, business_key: str, payload: Any, *,
        visit: str | None = None, process: str = "",
    ) -> int:  # fmt: skip
        """Puts a message in and returns its id; the same key again is the same message.

        Raises YibaoError where the key is taken by another payload.
        """
        text = payload if isinstance(payload, str) else encoded(payload)
        row = {
            "institution": institution, "number": number, "business_key": business_key,
            "payload": text, "visit": visit, "process": process, "changed": now(),
        }  # fmt: skip
        if process:
            row["created"] = now()
        with suppress(IntegrityError), self.engine.begin() as link:
            return int(link.execute(insert(OUTBOX).values(row).returning(OUTBOX.c.id)).scalar_one())
        same = [OUTBOX.c[name] == row[name] for name in ("institution", "number", "business_key")]
        with self.engine.connect() as link:
            found = link.execute(select(OUTBOX.c.id, OUTBOX.c.payload).where(*same)).one()
        if found.payload != text:
            raise YibaoError("the outbox has this business key with another payload", infno=number)
        return int(found.id)

    def get(self, id: int) -> Message:
        with self.engine.connect() as link:
            return Message(*link.execute(select(OUTBOX).where(OUTBOX.c.id == id)).one())

    def admit(self, institution: str, limit: int = 2000) -> int:
        """Reads visit and chain out of new payloads; returns how many rows were new."""
        fresh = select(OUTBOX).where(
            OUTBOX.c.institution == institution, OUTBOX.c.created.is_(None)
        )
        with self.engine.begin() as link:
            rows = [Message(*r) for r in link.execute(fresh.order_by(OUTBOX.c.id).limit(limit))]
            for row in rows:
                link.execute(update(OUTBOX).where(OUTBOX.c.id == row.id).values(**self._place(row)))
        return len(rows)

    def _place(self, row: Message) -> dict[str, Any]:
        place: dict[str, Any] = {"created": now(), "changed": now(), "visit": row.visit or ""}
        interface = self._registry.get(row.number)
        allowed = rules()["uploads"]
        if interface is None or interface.operation not in allowed["operations"]:
            return place | {"state": "refused", "words": "not an upload the outbox takes"}
        try:
            message = row.input()
        except ValueError:
            return place | {"state": "refused", "words": "the payload is not a JSON object"}
        family = group(interface)
        names = allowed["visit"].get(family, ())
        visit = row.visit or next((v for name in names if (v := first(message, name))), "")
        return place | {
            "visit": visit, "chain": family if family in allowed["chains"]["groups"] else ""
        }  # fmt: skip

    def heads(
        self, institution: str, limit: int = 200, visit: str | None = None
    ) -> list[list[int]]:
        """Rows that may go now, as [id, attempt]: of each visit the first unfinished one."""
        row = OUTBOX
        query = select(row.c.id, row.c.attempt).where(
            row.c.institution == institution, row.c.process == "", row.c.created.is_not(None),
            row.c.state.in_(_HEAD_STATES), row.c.due <= now(), ~_waits(),
        )  # fmt: skip
        if visit is not None:
            query = query.where(row.c.visit == visit)
        with self.engine.connect() as link:
            return [[r.id, r.attempt] for r in link.execute(query.order_by(row.c.id).limit(limit))]

    def queued(self, rows: Sequence[Sequence[int]]) -> None:
        """Notes that the engine has these [id, attempt]; not if it is done with them already."""
        change = update(OUTBOX).where(
            OUTBOX.c.id == bindparam("row"), OUTBOX.c.attempt == bindparam("tried"),
            or_(*(OUTBOX.c.state == state for state in _HEAD_STATES)),
        )  # fmt: skip
        values = [{"row": id, "tried": attempt} for id, attempt in rows]
        with self.engine.begin() as link:
            link.execute(change.values(state="queued", changed=now()), values)

    def stuck(self, institution: str) -> list[list[int]]:
        """Rows the engine should be at work on, as [id, attempt]."""
        query = select(OUTBOX.c.id, OUTBOX.c.attempt).where(
            OUTBOX.c.institution == institution, OUTBOX.c.process == "",
            OUTBOX.c.state.in_(("queued", "sending")),
        )  # fmt: skip
        with self.engine.connect() as link:
            return [[r.id, r.attempt] for r in link.execute(query)]

    def requeue(self, id: int, attempt: int) -> bool:
        """Gives a stuck row a new attempt; its message number stays, so nothing goes out twice."""
        return self._set(
            OUTBOX.c.id == id, OUTBOX.c.attempt == attempt,
            OUTBOX.c.state.in_(("queued", "sending")), attempt=attempt + 1, state="queued",
        ) == 1  # fmt: skip

    def claim(self, id: int, number: Callable[[], str], journal: str) -> Message:
        """The row, made ``sending`` under a message number if it is to be sent at all.

        A row that has a number keeps it: the journal admits each number once, and that is what
        keeps two claimants from sending the same message.
        """
        while True:
            row = self.get(id)
            if row.state not in UNFINISHED or row.state == "sending":
                return row
            values = {"state": "sending", "attempt": row.attempt + 1}
            if not row.msgid:
                values |= {"msgid": number(), "journal": journal}
            self._set(
                OUTBOX.c.id == id, OUTBOX.c.state == row.state, OUTBOX.c.attempt == row.attempt,
                **values,
            )  # fmt: skip

    def close_row(self, row: Message, state: str, **values: Any) -> str:
        """Writes what became of a claimed row, unless another did; returns the state it has.

        ``later`` forgets the message number: the next attempt is a new message.
        """
        if state == "later":
            values |= {"msgid": "", "journal": ""}
        answer = values.pop("answer", None)
        if answer is not None:
            values["answer"] = encoded(answer)
        changed = self._set(
            OUTBOX.c.id == row.id, OUTBOX.c.state.in_(("sending", "unproven")),
            OUTBOX.c.msgid == row.msgid, state=state, **values,
        )  # fmt: skip
        return state if changed else self.get(row.id).state

    def decide(self, id: int, state: str, words: str) -> None:
        """A person's decision on a row set aside: ``new`` sends it again, ``skipped`` drops it."""
        again = {"msgid": "", "journal": "", "due": 0, "attempt": OUTBOX.c.attempt + 1}
        values: dict[str, Any] = again if state == "new" else {}
        if not self._set(
            OUTBOX.c.id == id, OUTBOX.c.state.in_(ASIDE), OUTBOX.c.process == "", state=state, words=words, **values,
        ):  # fmt: skip
            raise YibaoError(f"message {id} is not one that was set aside")

    def aside(self, institution: str | None = None, limit: int = 1000) -> list[Message]:
        """Rows set aside, oldest first."""
        chosen = select(OUTBOX).where(OUTBOX.c.state.in_(ASIDE), OUTBOX.c.process == "")
        query = chosen.order_by(OUTBOX.c.id).limit(limit)
        if institution:
            query = query.where(OUTBOX.c.institution == institution)
        with self.engine.connect() as link:
            return [Message(*row) for row in link.execute(query)]

    def left(self, institution: str) -> int:
        """Rows still to be worked on; those held behind one set aside do not count."""
        query = select(func.count()).select_from(OUTBOX).where(
            OUTBOX.c.institution == institution, OUTBOX.c.process == "",
            OUTBOX.c.state.in_(UNFINISHED), ~_held(),
        )  # fmt: skip
        with self.engine.connect() as link:
            return int(link.execute(query).scalar_one())

    def counts(self, institution: str) -> Counts:
        of = and_(OUTBOX.c.institution == institution, OUTBOX.c.process == "")
        queries = (
            select(OUTBOX.c.state, func.count()).where(of).group_by(OUTBOX.c.state),
            select(func.count()).where(of, OUTBOX.c.state.in_(_HEAD_STATES), _held()),
            select(func.min(OUTBOX.c.created)).where(of, OUTBOX.c.state.in_(UNFINISHED)),
            select(func.sum(OUTBOX.c.attempt - 1)).where(of, OUTBOX.c.attempt > 1),
        )
        with self.engine.connect() as link:
            states, held, oldest, tries = (link.execute(query).all() for query in queries)
        since = oldest[0][0]
        age = 0.0 if since is None else max(0.0, (now() - since) / 1000)
        return Counts({row[0]: row[1] for row in states}, held[0][0], age, int(tries[0][0] or 0))

    def institutions(self) -> list[str]:
        with self.engine.connect() as link:
            query = select(OUTBOX.c.institution).distinct().order_by(OUTBOX.c.institution)
            return list(link.execute(query).scalars())

    def sign(self, executor: str) -> None:
        """A sign of life of a worker."""
        with self.engine.begin() as link:
            seen = update(WORKER).where(WORKER.c.executor == executor).values(seen=now())
            if not link.execute(seen).rowcount:
                link.execute(insert(WORKER).values(executor=executor, seen=now()))

    def lost(self, seconds: float) -> list[str]:
        """Workers that gave no sign for so long."""
        query = select(WORKER.c.executor).where(WORKER.c.seen < now() - int(seconds * 1000))
        with self.engine.connect() as link:
            return list(link.execute(query).scalars())

    def _set(self, *where: Any, **values: Any) -> int:
        with self.engine.begin() as link:
            values["changed"] = now()
            return link.execute(update(OUTBOX).where(*where).values(**values)).rowcount


def _earlier(*condition: Any) -> Any:
    """An earlier row of the same visit for which this holds."""
    other = OUTBOX.alias("earlier")
    same = (
        other.c.institution == OUTBOX.c.institution, other.c.visit == OUTBOX.c.visit,
        OUTBOX.c.visit != "", other.c.process == "", other.c.id < OUTBOX.c.id,
    )  # fmt: skip
    return select(other.c.id).where(*same, *(make(other) for make in condition)).exists()


def _held() -> Any:
    return _earlier(
        lambda other: other.c.state.in_(ASIDE),
        lambda other: other.c.chain != "",
        lambda other: other.c.chain == OUTBOX.c.chain,
    )


def _waits() -> Any:
    return or_(_earlier(lambda other: other.c.state.in_(UNFINISHED)), _held())
