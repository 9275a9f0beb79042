"""Names in Python for names on the wire.

The rule is that a wire name which is a usable Python name is kept as it is. Everything else is
changed as little as possible, and always in the same way, whatever the order of files: a name is
settled from the names that stand beside it in one message, never from other interfaces.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping

#: Public names of the runtime's models, most of them pydantic's; a test compares.
MODEL_NAMES = frozenset(
    [
        "construct",
        "copy",
        "dict",
        "from_orm",
        "json",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "schema",
        "schema_json",
        "update_forward_refs",
        "validate",
        "model_computed_fields",
        "model_config",
        "model_construct",
        "model_copy",
        "model_dump",
        "model_dump_json",
        "model_extra",
        "model_fields",
        "model_fields_set",
        "model_json_schema",
        "model_parametrized_name",
        "model_post_init",
        "model_rebuild",
        "model_validate",
        "model_validate_json",
        "model_validate_strings",
        "sensitive_fields",
    ]
)

#: What a result carries beside the fields of its answer.
RESULT_NAMES = frozenset(["raw", "repairs", "envelope", "infcode", "msgid", "output"])

#: Names the generated class bodies use in annotations or calls: an attribute of the same name
#: would stand in front of them (``date: date | None = None`` breaks the class).
ANNOTATION_NAMES = frozenset(
    [
        "Any",
        "ClassVar",
        "Decimal",
        "Field",
        "Mapping",
        "None",
        "Sequence",
        "bool",
        "bytes",
        "date",
        "datetime",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "object",
        "set",
        "str",
        "time",
        "tuple",
    ]
)
_GENERATED_NAME = re.compile(
    r"(Input|Output|Answer|Request)[A-Z0-9]\w*|(Decimal|Text)[0-9][0-9_]*|DecimalAny|[A-Z]\w*Code"
)

#: Parameters of every generated method.
METHOD_NAMES = frozenset({"self", "options"})

#: What a client offers beside its groups.
CLIENT_NAMES = frozenset(
    [
        "aclose",
        "call",
        "close",
        "doctor",
        "download",
        "events",
        "hooks",
        "journal",
        "open",
        "options",
        "profile",
        "registry",
        "resolve",
        "settings",
        "sign_in",
        "sign_out",
        "transport",
        "unknown",
        "upload",
    ]
)

#: Names in the modules of groups and clients that a group's class must not take.
GROUP_CLASS_NAMES = frozenset(
    [
        "Any", "CallArguments", "CallOptions", "Client", "Decimal", "Group", "Literal", "Mapping",
        "Result", "Row", "RowOrRows", "Rows", "Sequence", "SyncClient", "Unpack",
    ]
)  # fmt: skip

_NOT_WORD = re.compile(r"[^0-9A-Za-z]+")
_NOT_IDENTIFIER = re.compile(r"[^0-9A-Za-z_]")


class Identifier(str):
    """A Python identifier made from any text; legal ones stay as they are.

    ``hcv-ab`` → ``hcv_ab``, ``1st`` → ``n1st``, ``_id`` → ``id``, ``class`` → ``class_``.
    """

    __slots__ = ()

    def __new__(cls, text: str, reserved: frozenset[str] = frozenset()) -> Identifier:
        name = _NOT_IDENTIFIER.sub("_", text).lstrip("_") or "field"
        if name[0].isdigit():
            name = f"n{name}"
        if keyword.iskeyword(name) or name in reserved or name.startswith("__"):
            name += "_"
        return super().__new__(cls, name)


class ClassName(str):
    """A class name, or a part of one: ``patient_dtos`` → ``PatientDtos``, ``IPT_TYPE`` → ``IptType``."""

    __slots__ = ()

    def __new__(cls, text: str) -> ClassName:
        words = [word for word in _NOT_WORD.split(text) if word]
        name = "".join(
            word.capitalize() if word.isupper() else word[0].upper() + word[1:] for word in words
        )
        return super().__new__(cls, name or "Part")


class MemberName(str):
    """An enum member for a code: ``11`` → ``C11``, ``1.1`` → ``C1_1``, ``甲`` → ``C_u7532``.

    Only the code decides, since labels are Chinese and change; so the name of a member stays the
    same when the table grows.
    """

    __slots__ = ()

    def __new__(cls, code: str) -> MemberName:
        return super().__new__(cls, "C" + "".join(_member_part(char) for char in code))


def _member_part(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char
    return "_" if char in "._- " else f"_u{ord(char):04x}"


def unique(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Settle wanted names: ``(key, wanted)`` pairs → key → name, no name twice.

    Keys whose wanted name is the key itself come first, so ``a_b`` keeps its name beside
    ``a-b``; the others get ``_2``, ``_3`` in their order.
    """
    pairs = list(names)
    settled: dict[str, str] = {}
    taken: set[str] = set()
    for key, wanted in sorted(pairs, key=lambda pair: pair[0] != pair[1]):
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted}_{count}"
        taken.add(name)
        settled[key] = name
    return settled


def attributes(wire_names: Iterable[str], extra: frozenset[str] = frozenset()) -> dict[str, str]:
    """Attribute of each wire name in one model; ``extra`` are further names that are taken."""
    reserved = MODEL_NAMES | ANNOTATION_NAMES | METHOD_NAMES | extra
    pairs: list[tuple[str, str]] = []
    for wire in wire_names:
        name = str(Identifier(wire, reserved))
        if _GENERATED_NAME.fullmatch(name):
            name += "_"
        pairs.append((wire, name))
    return unique(pairs)


def group_classes(groups: Iterable[str]) -> dict[str, str]:
    """Class of each group: ``outpatient`` → ``Outpatient``, ``mapping`` → ``MappingGroup``."""
    pairs = []
    for group in sorted(groups):
        name = str(ClassName(group))
        taken = name in GROUP_CLASS_NAMES or name.startswith("Async")
        pairs.append((group, f"{name}Group" if taken else name))
    return unique(pairs)


def members(codes: Iterable[str]) -> Mapping[str, str]:
    """Enum member of each code of a table."""
    return unique((code, str(MemberName(code))) for code in codes)
