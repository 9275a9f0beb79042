"""Outbox and settlements as durable workflows on DBOS."""

from __future__ import annotations

from .worker import Worker

__all__ = ["Worker"]
