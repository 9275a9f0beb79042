"""Personal data that nobody marked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..spec.model import Column, EnvelopeField, Field
from .context import Context
from .registry import Found, rule

_NAME = re.compile(
    r"(^|_)(cert_?no|id_?card|tel|mob|mobile|phone|addr|email|card_?no|sscno|chfcomp|dise_now)(_|$)"
    r"|(^|_)(psn|patn|patient|coner|agnter|delver|nwb|appler|user)_?(user_?)?name$"
)
_LABEL = re.compile(
    r"姓名|证件号|证件编号|身份证|电话|手机|住址|地址|卡号|邮箱|联系方式|凭证编号|主诉|现病史|既往史"
)
#: Labels that hold one of those words and mean no person: kinds, machines, firms, flags.
_NO_PERSON = re.compile(
    r"类型|类别|IP地址|MAC地址|链接|URL|url|h5|标志|个数|数量|企业|生产|单位地址"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def looks_personal(field: Field | Column | EnvelopeField) -> bool:
    """Whether name or label say that the field holds a person's name, number or address."""
    if field.type not in ("string", "text", None) or field.dictionary:
        return False
    label = field.label or ""
    if _NO_PERSON.search(label):
        return False
    name = _CAMEL.sub("_", field.name or "").lower()
    return bool(_NAME.search(name) or _LABEL.search(label))


@rule("C440", "warning")
def not_marked_sensitive(context: Context) -> Iterator[Found]:
    """A field that looks personal is not marked `sensitive: true`.

    Names, certificate and card numbers, phones, addresses, free text about a patient; logs and
    the journal mask by that mark only.
    """
    hint = "add `sensitive: true`"
    for place in context.places:
        if not place.field.sensitive and not place.field.coded and looks_personal(place.field):
            label = f" ({place.field.label})" if place.field.label else ""
            message = f"`{place.field.name}`{label} looks personal and is not marked"
            yield Found(place.at(), message, hint)
    for document, interface in context.interfaces:
        for number, layout in enumerate(interface.files):
            for index, column in enumerate(layout.columns):
                if not column.sensitive and looks_personal(column):
                    place_ = document.locate(("files", number, "columns", index))
                    name = column.name or column.label
                    yield Found(place_, f"column `{name}` looks personal and is not marked", hint)
    for document, platform in context.platforms:
        for side in ("request", "response"):
            for index, field in enumerate(getattr(platform.envelope, side)):
                if not field.sensitive and looks_personal(field):
                    at = document.locate(("envelope", side, index, "name"))
                    yield Found(at, f"`{field.name}` looks personal and is not marked", hint)


@rule("C441", "warning")
def marked_elsewhere_only(context: Context) -> Iterator[Found]:
    """A field is not marked `sensitive`, one of the same name and type in another place is."""
    for name, places in context.by_name.items():
        marked = {place.field.type: place for place in reversed(places) if place.field.sensitive}
        for place in places:
            elsewhere = marked.get(place.field.type)
            if elsewhere is not None and not place.field.sensitive:
                message = f"`{name}` is marked sensitive in {elsewhere}, not here"
                yield Found(place.at(), message, "add `sensitive: true`")
