"""Rules over code tables."""

from __future__ import annotations

from collections.abc import Iterator

from .context import Context
from .registry import Found, rule


@rule("D501", "error")
def code_twice(context: Context) -> Iterator[Found]:
    """A code appears once in its table."""
    for document, dictionary in context.dictionaries:
        first: dict[str, int] = {}
        for index, code in enumerate(dictionary.codes):
            other = first.setdefault(code.code, index)
            if other != index:
                line = document.locate(("codes", other, "code")).line
                message = f"code `{code.code}` appears twice, first on line {line}"
                yield Found(document.locate(("codes", index, "code")), message)


@rule("D502", "error")
def empty_table(context: Context) -> Iterator[Found]:
    """A table has codes; a field whose codes are not known is `coded: true`, without a table."""
    for document, dictionary in context.dictionaries:
        if not dictionary.codes:
            message = f"dictionary `{dictionary.key}` has no codes"
            yield Found(document.locate(("codes",)), message)


@rule("D503", "warning")
def code_too_long(context: Context) -> Iterator[Found]:
    """No code of the table fits into the field: length and table contradict each other."""
    shortest = {
        key: min((len(code.code) for code in dictionary.codes), default=0)
        for key, dictionary in context.spec.dictionaries.items()
    }
    for place in context.places:
        length, key = place.field.length, place.field.dictionary
        if length is not None and key is not None and shortest.get(key, 0) > length:
            message = (
                f"`{place.field.name}` holds {length} characters, "
                f"the shortest code of `{key}` has {shortest[key]}"
            )
            yield Found(place.at("dictionary"), message)
