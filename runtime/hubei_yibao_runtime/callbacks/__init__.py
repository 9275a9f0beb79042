"""The platform calls the hospital: receive, check, hand over exactly once, answer.

Which interfaces those are is said by the registry (``direction == "callback"``). The number is
the last segment of the URL's path, since no source says how else a receiver would know it.
Guide: docs/guides/callbacks.md.
"""

from __future__ import annotations

from .asgi import CallbackApp
from .forms import AnswerWords, Form, PlainForm, Refused, SecureForm
from .handler import Answer, Call, CallbackHandler, Decline
from .sqlite import CallbackStore
from .store import Busy, Conflict, Reply, Store
from .wsgi import CallbackWsgi

__all__ = [
    "Answer", "AnswerWords", "Busy", "Call", "CallbackApp", "CallbackHandler", "CallbackStore",
    "CallbackWsgi", "Conflict", "Decline", "Form", "PlainForm", "Refused", "Reply", "SecureForm",
    "Store",
]  # fmt: skip
