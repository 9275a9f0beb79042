"""``Authorization: Bearer``, with a fixed token or one fetched from an OAuth endpoint."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..errors import NotSent
from .base import Preflight, Scheme, SchemeParams, Signing, register


class BearerParams(SchemeParams):
    token_url: str | None = None
    grant_type: str = "password"
    scope: str | None = None
    renew_before: float = 60  #: seconds before the stated end


#: What reading a token answer may raise, whatever it holds.
_UNUSABLE = (
    ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


@register("bearer")
class Bearer(Scheme):
    """Secrets: token; or, with ``token_url``, client_id, client_secret, username and password."""

    Params = BearerParams
    params: BearerParams

    def __init__(self, params: Any, secret: Callable[[str], str]) -> None:
        super().__init__(params, secret)
        self._held: tuple[str, datetime | None] | None = None

    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        if self.params.token_url is None:
            return {"Authorization": f"Bearer {self.secret('token')}"}
        held = self._held
        if held is None:
            raise NotSent("there is no access token", advice="the token endpoint gave none")
        return {"Authorization": f"Bearer {held[0]}"}

    def preflight(self, at: datetime) -> Preflight | None:
        held = self._held
        if self.params.token_url is None or (held and (held[1] is None or at < held[1])):
            return None
        form = {"grant_type": self.params.grant_type}
        if self.params.grant_type == "password":
            form |= {"username": self.secret("username"), "password": self.secret("password")}
        if self.params.scope is not None:
            form["scope"] = self.params.scope
        pair = f"{self.secret('client_id')}:{self.secret('client_secret')}"
        return Preflight(
            self.params.token_url,
            {
                "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            urlencode(form).encode(),
        )

    def learn(self, status: int, body: bytes, at: datetime) -> None:
        try:
            answer = json.loads(body)
            token = answer["access_token"]
            until = self._end(answer.get("expires_in"), at)
        except _UNUSABLE:
            token = until = None
        if not isinstance(token, str) or status != 200:
            raise NotSent(
                f"the token endpoint answered HTTP {status} without an access token to be used",
                advice="check the token URL and the secrets",
            )
        self._held = (token, until)

    def _end(self, seconds: Any, at: datetime) -> datetime | None:
        """When to fetch the next token; None where no end is stated."""
        if seconds is None:
            return None
        lasts, spare = (
            timedelta(seconds=float(seconds)),
            timedelta(seconds=self.params.renew_before),
        )
        return at + max(lasts - spare, lasts / 2)

    def refused(self) -> bool:
        dropped = self._held is not None
        self._held = None
        return dropped
