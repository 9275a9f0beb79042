"""Types of the generated models' fields.

What the generator emits:
- request strings: ``Annotated[str, Field(max_length=30)]``; integers: ``RequestInteger``; decimals:
  ``Annotated[Decimal, Digits(16, 2)]``, without a known precision ``Annotated[Decimal, Digits()]``;
  coded: ``Annotated[str, Codes("med_type", load)]``, with a length add ``Field(max_length=6)``;
  date/datetime: ``RequestDate``/``RequestDateTime``; boolean ``bool``; bytes ``RequestBytes``;
  no known type ``RequestScalar``. Optional ones: ``X | None = None``.
- a class with sensitive fields carries
  ``sensitive_fields: ClassVar[frozenset[str]] = frozenset({"psn_name"})`` (Python names).
- a field's label goes into ``Field(title=...)`` (or the first line of ``description``).

The rules themselves stand in ``codec/rules.py`` (requests) and ``codec/reading.py`` (answers),
the codec uses the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .codec import reading, rules

CodeLoader = Callable[[str], Mapping[str, str]]


def _error(refused: rules.Refused) -> PydanticCustomError:
    context = {"reason": refused.message, "rule": refused.rule}
    return PydanticCustomError("yibao_refused", "{reason}", context)


class _Checked:
    """A request value that ``rules`` checks; ``schema`` is its JSON Schema."""

    def __init__(self, check: Callable[[Any], Any], schema: dict[str, Any]) -> None:
        self._check = check
        self._schema = schema

    def _validate(self, value: Any) -> Any:
        try:
            return self._check(value)
        except rules.Refused as refused:
            raise _error(refused) from None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self._schema)


class Digits(_Checked):
    """A decimal with at most ``digits`` digits, ``places`` of them behind the point.

    Takes Decimal, int or a numeric string, gives Decimal; float is refused.
    """

    def __init__(self, digits: int | None = None, places: int | None = None) -> None:
        def check(value: Any) -> Decimal:
            return rules.decimal(value, digits, places)

        super().__init__(check, {"type": "number"})


class Codes:
    """A code of table ``key``; ``load(key)`` gives code → label and is called on first use."""

    def __init__(self, key: str, load: CodeLoader) -> None:
        self.key = key
        self._load = load

    def _validate(self, value: Any, handler: Callable[[Any], str]) -> str:
        try:
            text = handler(rules.text(value))
            return text and rules.code(text, self._load(self.key), self.key)
        except rules.Refused as refused:
            raise _error(refused) from None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._validate, handler(source))


def _date_text(value: Any) -> Any:
    if value != "":  # the platform's empty value; the codec refuses it where a date is required
        rules.day(value)
    return value


def _datetime_text(value: Any) -> Any:
    if value != "":
        rules.instant(value)
    return value


RequestDate = Annotated[date | str, _Checked(_date_text, {"type": "string", "format": "date"})]
RequestDateTime = Annotated[datetime | str, _Checked(_datetime_text, {"type": "string"})]
RequestInteger = Annotated[int, _Checked(rules.integer, {"type": "integer"})]
RequestBytes = Annotated[bytes | str, _Checked(rules.octets, {"type": "string"})]
RequestScalar = Annotated[str | int | Decimal | bool, _Checked(rules.scalar, {})]


class _Read:
    """An answer value read tolerantly; what cannot be read becomes None."""

    def __init__(self, kind: str, schema: dict[str, Any]) -> None:
        self._kind = kind
        self._schema = schema

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(reading.reader(self._kind))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self._schema)


AnswerText = Annotated[str, _Read("string", {"type": "string"})]
AnswerInteger = Annotated[int, _Read("integer", {"type": "integer"})]
AnswerDecimal = Annotated[Decimal, _Read("decimal", {"type": "number"})]
AnswerDate = Annotated[date, _Read("date", {"type": "string"})]
AnswerDateTime = Annotated[datetime, _Read("datetime", {"type": "string"})]
AnswerBoolean = Annotated[bool, _Read("boolean", {"type": "boolean"})]
AnswerBytes = Annotated[str, _Read("bytes", {"type": "string"})]
AnswerScalar = Annotated[Any, _Read("", {})]
