"""Information about the spec as a whole: what differs between interfaces, what is not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from .context import Context, Place
from .registry import Found, rule


@rule("C430", "info")
def other_type_elsewhere(context: Context) -> Iterator[Found]:
    """A field name that has another type in another interface; all uses are listed."""
    for name, places in context.by_name.items():
        uses: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            if place.field.type is not None:
                uses[place.field.type].append(place)
        if len(uses) < 2:
            continue
        listed = sorted(uses.items(), key=lambda use: (-len(use[1]), use[0]))
        said = "; ".join(f"{type_} in {_where(found)}" for type_, found in listed)
        for _, found in listed[1:]:
            for place in found:
                message = f"`{name}` is {place.field.type} here: {said}"
                yield Found(place.at("type"), message)


def _where(places: list[Place]) -> str:
    return ", ".join(dict.fromkeys(str(place) for place in places))


@rule("C431", "info")
def coded_without_table(context: Context) -> Iterator[Found]:
    """The source marks the field as coded, but no code table is known."""
    for place in context.places:
        if place.field.coded and not place.field.dictionary:
            label = f" ({place.field.label})" if place.field.label else ""
            message = f"`{place.field.name}`{label} is coded, no table is known"
            yield Found(place.at(), message)


@rule("C432", "info")
def type_unknown(context: Context) -> Iterator[Found]:
    """No source states the type of the field."""
    for place in context.places:
        if place.field.type is None:
            yield Found(place.at(), f"`{place.field.name}` has no type")
