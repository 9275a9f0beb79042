"""One call as data: what it may change, its checked input, one attempt of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .interface import Interface
    from .upload import FilePart
    from .wire import HttpRequest, Sink


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What one call may change; None and empty leave it to the settings and the profile."""

    allow_closed: bool = False  #: send although not open or for another type of institution
    msgid: str | None = None  #: own message number; the caller answers for its being unique
    insuplc_admdvs: str | None = None  #: 参保地医保区划 of the person
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)  #: further envelope keys
    timeout: float | None = None  #: seconds for one attempt
    sign_no: str | None = field(default=None, repr=False)
    signing_in: bool = False  #: this call is the sign-in itself: no sign_no, no renewal
    note: str = ""  #: for the journal: why this call is made
    sink: Sink | None = field(default=None, repr=False)  #: takes the answer if it is a file


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked call, ready to be framed and signed once per attempt."""

    interface: Interface
    options: CallOptions
    input: bytes = field(repr=False)
    file: FilePart | None = field(repr=False)  #: of a multipart upload
    psn_no: str | None = field(repr=False)

    @property
    def repeatable(self) -> bool:
        """What changes nothing may be asked again whatever became of it; a write may not."""
        return self.interface.effect == "query" or self.interface.role == "download_file"


@dataclass(frozen=True, slots=True)
class Prepared:
    """One attempt: the request and what is needed to judge its answer."""

    plan: Plan
    msgid: str
    at: datetime  #: in msgid and inf_time
    asked: datetime  #: platform time when it was prepared
    request: HttpRequest
    message: bytes = field(repr=False)  #: the message; the request's body unless multipart
    insuplc_admdvs: str | None
    sign_no: str = field(repr=False)
