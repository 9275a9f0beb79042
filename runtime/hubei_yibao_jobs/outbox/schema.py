"""Tables of the outbox; SQLAlchemy Core, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint

#: ``new`` (the hospital wrote it), ``queued``, ``sending``, ``later`` (did not leave, tried again)
UNFINISHED = ("new", "queued", "sending", "later")
#: ``refused`` (by the platform or before sending), ``unproven`` (may have been carried out)
ASIDE = ("refused", "unproven")
FINISHED = ("done", "skipped")

METADATA = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


#: The hospital fills institution, number, business_key and payload (``input`` as JSON), and may
#: fill visit; the rest is the jobs'. Times are milliseconds since 1970. Payload, words and answer
#: may hold personal data; they are kept nowhere else.
OUTBOX = Table(
    "yibao_outbox", METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("institution", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("business_key", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("visit", Text),
    Column("created", BigInteger),
    _text("chain"), _text("process"), Column("state", Text, nullable=False, server_default="new"),
    _number("attempt"), _text("msgid"), _text("journal"), _number("due"), _number("changed"),
    _text("infcode"), _text("words"), _text("answer"),
    UniqueConstraint("institution", "number", "business_key"),
    Index("yibao_outbox_due", "institution", "state", "due"),
    Index("yibao_outbox_visit", "institution", "visit", "id"),
    sqlite_autoincrement=True,
)  # fmt: skip

#: Outpatient settlements from fee upload to settlement; ``fees`` and ``settlement`` are the inputs.
PROCESS = Table(
    "yibao_settlement", METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("institution", Text, nullable=False),
    Column("business_key", Text, nullable=False),
    Column("fees", Text, nullable=False),
    Column("settlement", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="new"),
    _text("words"), _number("changed"),
    UniqueConstraint("institution", "business_key"),
)  # fmt: skip

WORKER = Table(
    "yibao_worker", METADATA, Column("executor", Text, primary_key=True), _number("seen")
)
