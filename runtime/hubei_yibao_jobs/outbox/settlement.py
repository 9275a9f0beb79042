"""Settlements the hospital puts in, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hubei_yibao_runtime.errors import YibaoError
from sqlalchemy import and_, insert, or_, select
from sqlalchemy.exc import IntegrityError

from .book import Message, Outbox, encoded, now, parsed
from .schema import OUTBOX, PROCESS

_STILL = 15 * 60 * 1000  #: milliseconds without an end


def submit(
    outbox: Outbox, institution: str, business_key: str, fees: Mapping[str, Any],
    settlement: Mapping[str, Any],
) -> int:  # fmt: skip
    """Puts a settlement in and returns its id; the same key again is the same settlement.

    ``fees``: input of the fee upload. ``settlement``: input of the presettlement, from which the
    settlement is made with the amounts the platform computes.
    """
    row = {
        "institution": institution, "business_key": business_key, "changed": now(),
        "fees": encoded(fees), "settlement": encoded(settlement),
    }  # fmt: skip
    with suppress(IntegrityError), outbox.engine.begin() as link:
        return int(link.execute(insert(PROCESS).values(row).returning(PROCESS.c.id)).scalar_one())
    same = (PROCESS.c.institution == institution, PROCESS.c.business_key == business_key)
    with outbox.engine.connect() as link:
        found = link.execute(select(PROCESS).where(*same)).one()
    if (found.fees, found.settlement) != (row["fees"], row["settlement"]):
        raise YibaoError("this business key belongs to another settlement")
    return int(found.id)


def outcome(outbox: Outbox, id: int) -> tuple[str, str, dict[str, Any]]:
    """State (new, done, cancelled, attention), words, and the settlement's answer once done."""
    with outbox.engine.connect() as link:
        row = link.execute(select(PROCESS).where(PROCESS.c.id == id)).one()
    answer: dict[str, Any] = {}
    if row.state == "done":
        found = part(outbox, row.institution, row.business_key, "settle")
        answer = parsed(found.answer or "{}")
    return row.state, row.words, answer


def part(outbox: Outbox, institution: str, key: str, name: str) -> Message:
    """The outbox's row of one step (upload, settle, withdraw) of a settlement."""
    with outbox.engine.connect() as link:
        query = select(OUTBOX).where(
            OUTBOX.c.institution == institution, OUTBOX.c.process == key,
            OUTBOX.c.business_key == f"{key}#{name}",
        )  # fmt: skip
        return Message(*link.execute(query).one())


def attention(outbox: Outbox, institution: str | None = None) -> list[tuple[int, str, str]]:
    """Settlements a person must look at, or that stand still: id, business key, words."""
    still = and_(PROCESS.c.state == "new", PROCESS.c.changed < now() - _STILL)
    query = select(PROCESS).where(or_(PROCESS.c.state == "attention", still))
    query = query.order_by(PROCESS.c.id)
    if institution:
        query = query.where(PROCESS.c.institution == institution)
    with outbox.engine.connect() as link:
        return [
            (row.id, row.business_key, row.words or "not finished") for row in link.execute(query)
        ]
