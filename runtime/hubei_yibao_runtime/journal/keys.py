"""What the journal keeps of a message to find its business again: identifiers, nothing personal."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

#: Fields of a request that name a visit, a settlement, a batch or another message.
REQUEST = (
    "mdtrt_id", "ipt_otp_no", "ipt_no", "setl_id", "chrg_bchno", "feedetl_sn", "med_type", "begntime",
    "omsgid", "oinfno", "fixmedins_bchno", "file_qury_no", "stmt_begndate", "stmt_enddate",
)  # fmt: skip
#: Fields of an answer by which it is looked up or taken back later.
ANSWER = ("mdtrt_id", "setl_id", "medins_setl_id", "setl_time", "file_qury_no")
#: What a settlement came to: the ledger reconciliation compares, where the hospital gives none.
LEDGER = (
    "insutype", "clr_type", "clr_optins", "medfee_sumamt", "fund_pay_sumamt", "acct_pay",
)  # fmt: skip
#: Identifying fields stand in the first row of a message; a hundred rows are not read for them.
_HEAD = 16_384
_PAIR = re.compile(rb'"(' + "|".join(REQUEST).encode() + rb')"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9.]+)')


def of_request(message: bytes) -> dict[str, str]:
    """The identifying fields of a request's ``input`` JSON, each by its first occurrence."""
    found: dict[str, str] = {}
    for name, value in _PAIR.findall(message[:_HEAD]):
        text = str(json.loads(value)) if value.startswith(b'"') else value.decode()
        found.setdefault(name.decode(), text)
    return {name: text for name, text in found.items() if text}


def of_answer(output: Mapping[str, Any] | None) -> dict[str, str]:
    """The identifying fields of an answer's ``output``, whatever its shape."""
    found: dict[str, str] = {}
    nodes: list[Any] = [output, *(output.values() if isinstance(output, Mapping) else ())]
    for node in nodes:
        row = node[0] if isinstance(node, list) and node else node
        if isinstance(row, Mapping):
            for name in ANSWER:
                if isinstance(value := row.get(name), str) and value:
                    found.setdefault(name, value)
            if row.get("setl_id"):
                for name in LEDGER:
                    value = row.get(name)
                    if isinstance(value, str | int | float | Decimal) and value != "":
                        found.setdefault(name, str(value))
    return found


def of_person(psn_no: str | None, secret: bytes | None) -> dict[str, str]:
    """A person's number so that it can be compared, not read: keyed hash, or the last 4 digits."""
    if not psn_no:
        return {}
    if secret is None:
        return {"psn_no": "****" + psn_no[-4:]}
    return {"psn_no": "hmac:" + hmac.new(secret, psn_no.encode(), hashlib.sha256).hexdigest()[:32]}
