"""What to do about a difference: a proposal each, carried out only when a person says yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.errors import NotAllowed
from hubei_yibao_runtime.interface import Registry
from hubei_yibao_runtime.journal import Record

if TYPE_CHECKING:
    from hubei_yibao_runtime.client import SyncClient
    from hubei_yibao_runtime.resolve import Resolution

    from .compare import Comparison, Difference

QUERY, REUPLOAD, REVERSE = "query", "reupload", "reverse"


def propose(
    registry: Registry, side: str, record: Record | None, reversible: tuple[str, ...] | None
) -> tuple[str, str]:
    """Proposal and reason, from which side has it and what the journal knows of the message."""
    if side == "both":
        return QUERY, "both have it, differently: compare with the platform's settlement"
    if side == "here":
        if record is not None and record.state in ("open", "unknown"):
            return QUERY, "its outcome is unknown here, and the platform does not have it"
        return REUPLOAD, "the platform does not have it: settle it anew or take it off the books"
    if record is None:
        return QUERY, "the platform has it, and the journal does not know its message"
    if record.state in ("ok", "resolved_done"):
        return QUERY, "its answer arrived, but the ledger does not have it"
    allowed = reversible is not None and record.infno in reversible
    if reversible is None:
        allowed = record.infno in registry and registry[record.infno].reversible
    if allowed:
        return REVERSE, "the platform has it, and here its answer was lost"
    return QUERY, "the platform has it, here its answer was lost, and it cannot be reversed"


def carry_out(
    client: SyncClient, comparison: Comparison, difference: Difference, *, yes: bool
) -> Resolution:
    """Queries or reverses one difference through the journal, as proposed.

    Raises NotAllowed without ``yes``, for what must be done in the hospital's own system
    (``reupload``), and where the journal does not know the message; else as ``client.resolve``.
    """
    if not yes:
        raise NotAllowed("nothing is done about a difference without a yes")
    if difference.proposal == REUPLOAD:
        raise NotAllowed(
            "a settlement is made anew by the hospital's system, as a new call",
            advice="or take it off the books, if it was never meant to stand",
        )
    if difference.record is None:
        raise NotAllowed(
            "the journal does not know this message, so it can neither be looked up nor reversed",
            advice="query the settlement in the platform's own pages", msgid=difference.msgid or None,
        )  # fmt: skip
    known: dict[str, Any] = {}
    if difference.setl_id:
        known["setl_id"] = difference.setl_id
    found: Resolution = client.resolve(
        difference.msgid, psn_no=difference.psn_no or None, statement=comparison.statement,
        reverse=difference.proposal == REVERSE, **known,
    )  # fmt: skip
    return found
