"""The text an envelope's signature covers. Clients differ in it, so each difference is a setting.

Read in public clients: all leave out signData, encData and extra, sort the keys, write ``k=v``
joined by ``&`` with ``data`` as compact JSON, and end with ``&key=`` and the secret. They differ
in how deep ``data`` is sorted and emptied and in whether its numbers become texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .lexical import Number, number_text, write

UNSIGNED = frozenset({"signData", "encData", "extra"})


@dataclass(frozen=True, slots=True)
class SigningRules:
    """How ``data`` is written for the signature; not verified with any platform.

    ``sort``: keys of every object (``all``), of ``data`` and the objects in its lists
    (``lists``), of ``data`` alone (``top``), or none. ``drop_empty``: null, "" and [] are left
    out everywhere (``all``), directly in ``data`` (``top``) or nowhere; {} always stays.
    ``scalars``: numbers and booleans are written as texts everywhere, directly in ``data``, or
    kept. ``key_order``: by character code, or as if all letters were small.
    """

    sort: Literal["all", "lists", "top", "none"] = "all"
    drop_empty: Literal["all", "top", "none"] = "all"
    scalars: Literal["all", "top", "keep"] = "all"
    key_order: Literal["ascii", "case-insensitive"] = "ascii"

    def text(self, fields: Mapping[str, Any], secret: str) -> str:
        """What is signed: ``fields`` are the envelope's keys with the plain ``data``."""
        parts = []
        for key in sorted(fields, key=self._place):
            value = fields[key]
            if key in UNSIGNED or is_empty(value):
                continue
            parts.append(f"{key}={self.data(value) if key == 'data' else _scalar(value)}")
        return "&".join([*parts, f"key={secret}"])

    def data(self, value: Any) -> str:
        """``data`` as it stands in the signed text; a string stands as it is."""
        if isinstance(value, str) and not isinstance(value, Number):
            return value
        return write(self._tree(value, 0))

    def _place(self, key: str) -> tuple[str, str]:
        return (key.lower(), key) if self.key_order == "case-insensitive" else (key, "")

    def _tree(self, value: Any, level: int, in_list: bool = False) -> Any:
        """``level`` counts objects and lists passed on the way down; ``data`` itself is 0."""
        if isinstance(value, Mapping):
            sort = self.sort == "all" or (level == 0 and self.sort != "none")
            sort = sort or (self.sort == "lists" and level == 2 and in_list)
            keys = sorted(value, key=self._place) if sort else list(value)
            drop = self._applies(self.drop_empty, level)
            return {
                key: self._tree(value[key], level + 1)
                for key in keys
                if not (drop and is_empty(value[key]))
            }
        if isinstance(value, list | tuple):
            drop = self._applies(self.drop_empty, level)
            kept = [item for item in value if not (drop and is_empty(item))]
            return [self._tree(item, level + 1, level == 1) for item in kept]
        texts = self._applies(self.scalars, level - 1)
        return _scalar(value) if texts and not is_empty(value) else value

    @staticmethod
    def _applies(setting: str, level: int) -> bool:
        return setting == "all" or (setting == "top" and level == 0)


#: The Java utility (treeParams, treeList) and its C# port.
JAVA_CLIENTS = SigningRules()
#: The script of the national web portal (sm.js) and what was made from it.
WEB_CLIENT = SigningRules(sort="lists", drop_empty="top", scalars="top")


def is_empty(value: Any) -> bool:
    """null, "" and []."""
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if not isinstance(value, Mapping | list | tuple) else write(value)
