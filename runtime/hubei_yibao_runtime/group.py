"""What the generated operation groups of a client are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar

if TYPE_CHECKING:
    from .client import AsyncBaseClient, CallOptions, SyncClient


Model = TypeVar("Model")
#: A part of an input as the generated methods take it: wire names in a mapping, or its model.
Row: TypeAlias = Mapping[str, Any] | Model
Rows: TypeAlias = Sequence[Mapping[str, Any] | Model]
RowOrRows: TypeAlias = Sequence[Mapping[str, Any] | Model] | Mapping[str, Any] | Model


class CallArguments(TypedDict, total=False):
    """What ``call`` takes beside number and input; see ``SyncClient.call``."""

    allow_closed: bool
    msgid: str | None
    insuplc_admdvs: str | None
    extra: Mapping[str, str] | None
    timeout: float | None
    options: CallOptions | None


class Group:
    """Operations of a synchronous client that belong together."""

    __slots__ = ("_client",)

    def __init__(self, client: SyncClient) -> None:
        self._client = client

    def _call(self, number: str, input: Mapping[str, Any], options: CallOptions | None) -> Any:
        return self._client.call(number, input, options=options)


class AsyncGroup:
    """Operations of an asynchronous client that belong together."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncBaseClient) -> None:
        self._client = client

    async def _call(
        self, number: str, input: Mapping[str, Any], options: CallOptions | None
    ) -> Any:
        return await self._client.call(number, input, options=options)


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that were given, by wire name: those that are None are left out."""
    return {name: value for name, value in arguments.items() if value is not None}
