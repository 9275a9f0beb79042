"""1901: the code tables of the spec, as the platform hands them out."""

from __future__ import annotations

from .core import Call, Output, handles

CREATED = "2026-01-01"


@handles("1901")
def query_dictionary(call: Call) -> Output:
    """Answers with an empty list for a type without a table."""
    wanted = str(call.node("data").get("type") or "")
    try:
        codes = call.codes(wanted.lower())
    except KeyError:
        codes = {}
    return {
        "list": [
            {
                "type": wanted,
                "label": label,
                "value": code,
                "parentValue": "",
                "sort": sort,
                "valiFlag": "1",
                "createUser": "SIM",
                "createDate": CREATED,
                "version": 1,
            }
            for sort, (code, label) in enumerate(codes.items(), 1)
        ]
    }
