"""Messages without network: strict on what is sent, tolerant of what comes back.

``encode_input`` checks and writes an input, ``decode`` reads an answer into a Result or raises
what it stands for; ``read_answer``, ``failure`` and ``build_result`` are the steps of ``decode``
for those who have to look in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answer import Answer, failure, read_answer, safe_text
    from .request import EncodedInput, encode_input, encode_output
    from .response import build_result, decode

_WHERE = {
    "Answer": "answer",
    "failure": "answer",
    "read_answer": "answer",
    "safe_text": "answer",
    "build_result": "response",
    "decode": "response",
    "EncodedInput": "request",
    "encode_input": "request",
    "encode_output": "request",
}

__all__ = [
    "Answer", "EncodedInput", "build_result", "decode", "encode_input", "encode_output", "failure",
    "read_answer", "safe_text",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    globals()[name] = value
    return value
