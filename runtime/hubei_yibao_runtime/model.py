"""Base classes of the generated models.

Requests are strict, answers tolerant. Values of fields in ``sensitive_fields`` (set by the
generator from the spec's flags), of fields the spec does not know, and bytes (a file) never
show in a repr.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, PrivateAttr

MASK = "***"


class Repair(NamedTuple):
    """One thing the tolerant reading had to mend in an answer."""

    path: str  #: wire path, e.g. ``output.result[2].cnt``
    kind: str  #: what was found, e.g. ``number_as_text``; ``codec.reading.MESSAGES`` lists all
    message: str  #: in words; never holds a value of the answer


class _Masked(BaseModel):
    sensitive_fields: ClassVar[frozenset[str]] = frozenset()  #: Python names

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        known = type(self).model_fields
        hidden = self.sensitive_fields | _files(type(self))
        for name, value in super().__repr_args__():
            shown = name in known and name not in hidden and not _is_open(value)
            yield name, value if shown or value is None or value == [] else MASK

    __str__ = BaseModel.__repr__


@lru_cache(maxsize=1024)
def _files(model: type[BaseModel]) -> frozenset[str]:
    """Python names of the fields that take bytes: they hold a file, also when given as text."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if _takes_bytes(field.annotation))


def _takes_bytes(annotation: Any) -> bool:
    return annotation is bytes or any(map(_takes_bytes, get_args(annotation)))


def _is_open(value: Any) -> bool:
    """Whether a value may hold fields that no table describes."""
    if isinstance(value, list):
        return any(_is_open(item) for item in value)
    return isinstance(value, Mapping)


class RequestModel(_Masked):
    """Input of an interface or a part of it: strict, unknown fields are refused.

    Fields may be given by wire name or by Python attribute name. ``pydantic.ValidationError``
    on construction shows no values.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        validate_assignment=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        defer_build=True,
    )


class OpenRequest(RequestModel):
    """Input of an interface without a published field table: any mapping goes."""

    model_config = ConfigDict(extra="allow")


class ResponseModel(_Masked):
    """A part of an answer; fields the spec does not know are kept and readable by their name."""

    model_config = ConfigDict(
        extra="allow",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        defer_build=True,
    )

    def __setattr__(self, name: str, value: Any) -> None:
        """Rows of an answer share one set of given fields, until one of them is changed."""
        object.__setattr__(self, "__pydantic_fields_set__", set(self.model_fields_set))
        super().__setattr__(name, value)


class Result(ResponseModel):
    """A successful answer: the nodes of ``output`` as attributes, and how they were received."""

    _raw: Any = PrivateAttr(default=None)
    _envelope: dict[str, Any] = PrivateAttr(default_factory=dict)
    _repairs: tuple[Repair, ...] = PrivateAttr(default=())
    _infcode: str | None = PrivateAttr(default=None)
    _msgid: str | None = PrivateAttr(default=None)

    @property
    def raw(self) -> Any:
        """The message as received, parsed: nothing dropped, non-integer numbers as Decimal."""
        return self._raw

    @property
    def envelope(self) -> Mapping[str, Any]:
        """All keys of the message beside ``output``, unknown ones too."""
        return self._envelope

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What the tolerant reading had to mend; empty for a clean answer."""
        return self._repairs

    @property
    def infcode(self) -> str | None:
        """``"0"``, or None where the answer held no infcode."""
        return self._infcode

    @property
    def msgid(self) -> str | None:
        """The request's msgid; None where only an answer was decoded."""
        return self._msgid


def label(model: type[BaseModel] | BaseModel, field: str) -> str:
    """Chinese label of a field given by its Python name; "" where no source gives one."""
    cls = model if isinstance(model, type) else type(model)
    info = cls.model_fields[field]
    return info.title or (info.description or "").partition("\n")[0]
