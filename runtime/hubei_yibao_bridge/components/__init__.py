"""What a component is to the bridge: one method, and three ways to fail."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

#: ``kind`` in the configuration -> module with ``load(options) -> Component``.
KINDS = {"com": "com", "dll": "dll", "python": "plugin", "rehearsal": "rehearsal"}


class Component(Protocol):
    """The vendor's component. Every method runs on the same thread of a process of its own.

    A component may also have ``idle()``, called some 20 times a second while nothing is to be done.
    """

    def call(self, number: str, request: str) -> str:
        """The answer's text to the complete message ``request`` of interface ``number``.

        Raises CannotSend if nothing reached the component, Unclear or anything else if nobody
        knows; the process is then replaced by a new one.
        """
        ...


class CannotLoad(Exception):
    """The component is not there or does not start; nothing can be sent. Its text is shown."""


class CannotSend(Exception):
    """This call was not handed to the component; its text is shown, so no values in it."""


class Unclear(Exception):
    """The call may have been carried out; its text is shown, so no values in it."""


def load(kind: str, options: Mapping[str, Any]) -> Component:
    """The component of an instance; raises CannotLoad."""
    component: Component = import_module(f".{KINDS[kind]}", __name__).load(options)
    return component
