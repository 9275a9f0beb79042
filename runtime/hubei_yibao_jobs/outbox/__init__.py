"""The table the hospital fills, and the delivery of its messages at most once."""

from __future__ import annotations

from .book import Counts, Message, Outbox
from .delivery import Desk, deliver
from .schema import ASIDE, FINISHED, UNFINISHED

__all__ = ["ASIDE", "FINISHED", "UNFINISHED", "Counts", "Desk", "Message", "Outbox", "deliver"]
