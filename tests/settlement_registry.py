"""A registry of a few invented interfaces under the operations that settle, look up and reverse."""

from __future__ import annotations

import sys
from types import ModuleType

from hubei_yibao_runtime.interface import Field, Node, Registry
from hubei_yibao_runtime.model import OpenRequest, Result

PACKAGE = "settlement_registry_package"


def _fields(*names: str) -> tuple[Field, ...]:
    """Strings by name; ``!`` in front makes a field required."""
    return tuple(
        Field(
            name.removeprefix("!"), "", "string", 60, required=name.startswith("!"),
            sensitive=name.endswith(("psn_no", "certno", "psn_name")),
        )
        for name in names
    )  # fmt: skip


_SETTLE = ("!psn_no", "!mdtrt_id", "!chrg_bchno", "med_type", "certno", "psn_name")
#: number, operation, effect, reversible, role, node, fields
_ROWS = (
    ("X207", "outpatient.settle", "write", True, None, "data", _SETTLE),
    ("X208", "outpatient.cancel_settlement", "write", True, None, "data",
     ("!psn_no", "!mdtrt_id", "!setl_id")),
    ("X201", "outpatient.register", "write", False, None, "data", ("!psn_no", "!ipt_otp_no")),
    ("X303", "query.settlements", "query", False, None, "data",
     ("!psn_no", "!mdtrt_id", "setl_id")),
    ("X301", "query.visits", "query", False, None, "data",
     ("!psn_no", "!begntime", "!endtime", "med_type")),
    ("X601", "reversal.reverse", "write", False, "reverse", "data",
     ("!psn_no", "!omsgid", "!oinfno")),
    ("X901", "session.sign_in", "session", False, "sign_in", "signIn", ("!opter_no", "!mac", "!ip")),
    ("X902", "session.sign_out", "session", False, "sign_out", "signOut", ("!sign_no", "!opter_no")),
)  # fmt: skip


def _module(name: str, **content: object) -> None:
    module = ModuleType(name)
    module.__path__ = []
    module.__dict__.update(content)
    sys.modules[name] = module


def _build() -> Registry:
    for name in ("", ".tables", ".models", ".codes"):
        _module(PACKAGE + name, load=lambda key: {})
    rows = []
    for number, operation, effect, reversible, role, node, names in _ROWS:
        table = {"INPUT": (Node(node, "", False, _fields(*names)),), "OUTPUT": None}
        _module(f"{PACKAGE}.tables.i{number}", FILES=(), RULES=(), **table)
        models = {f"Input{number}": OpenRequest, f"Output{number}": Result}
        _module(f"{PACKAGE}.models.i{number}", **models)
        rows.append(
            (number, operation, operation, ("", ""), "realtime", "", "all", True, "request",
             effect, reversible, role, (), None, True, "unspecified")
        )  # fmt: skip
    return Registry(PACKAGE, tuple(rows))


REGISTRY = _build()
