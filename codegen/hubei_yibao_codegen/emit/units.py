"""A loaded spec as units of generation, interfaces and code tables first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ..ir.build import build_dictionaries, build_interface, dictionary_classes, natural
from ..ir.model import Field, Interface
from ..spec.load import Loaded, Spec
from ..spec.model import Platform
from .codes import emit_codes
from .docs import emit_page
from .groups import emit_methods
from .models import emit_models
from .output import Rendered, Summary, Texts, Unit, digest
from .schemas import emit_path, emit_schema
from .tables import emit_row, emit_table


class Source:
    """A loaded spec as the units see it; ``generator`` is a hash of the generator itself."""

    def __init__(self, spec: Spec, hashes: dict[tuple[str, str], str], generator: str) -> None:
        if spec.platform is None:
            raise ValueError("the spec has no platform.yaml")
        self.spec = spec
        self.platform: Platform = spec.platform
        self.hashes = hashes
        self.generator = generator
        keys = sorted(spec.dictionaries)
        self.classes = dictionary_classes(keys)
        self.tables = {key: spec.dictionaries[key].label for key in keys}
        self.checked = {key: self.classes[key] for key in keys if spec.dictionaries[key].complete}
        rows = [f"{key} {self.checked.get(key)} {label}" for key, label in self.tables.items()]
        self._tables_key = digest(*rows)

    @classmethod
    def of(cls, loaded: Loaded, generator: str) -> Source:
        hashes = {(str(kind), key): doc.hash for (kind, key), doc in loaded.by_key.items()}
        return cls(loaded.spec, hashes, generator)

    def interfaces(self) -> list[Unit]:
        """One unit per interface, in the order of the listing."""
        return [self.interface(number) for number in sorted(self.spec.interfaces, key=natural)]

    def interface(self, number: str) -> Unit:
        """The unit of one interface; depends on its file and the heads of the code tables."""
        own = self.hashes["interface", number]
        key = digest(self.generator, number, own, self._tables_key)
        return Unit(f"interface {number}", key, partial(self._render_interface, number, key))

    def dictionaries(self) -> Unit:
        """All code tables and their enums."""
        hashes = [f"{key} {self.hashes['dictionary', key]}" for key in self.tables]
        return Unit("dictionaries", digest(self.generator, *hashes), self._render_dictionaries)

    def _render_interface(self, number: str, key: str) -> Rendered:
        interface = build_interface(self.spec.interfaces[number])
        models, module = emit_models(interface, self.checked, self.tables)
        sync_method, async_method, imports = emit_methods(interface, self.tables)
        schema, components = emit_schema(interface, self.tables)
        files = {
            f"models/{interface.module}.py": models,
            f"tables/{interface.module}.py": emit_table(interface),
            f"schemas/{number}.json": schema,
            f"docs/interfaces/{number}.md": emit_page(interface, self.tables),
        }
        summary = Summary(
            key=key,
            number=number,
            name=interface.name,
            group=interface.group,
            method=interface.method,
            direction=interface.direction,
            open=interface.open,
            institution=interface.institution,
            call_mode=interface.call_mode,
            provenance=interface.provenance,
            specified=interface.specified,
            row=emit_row(interface),
            types=module.shared,
            models=len(module.models),
            fields=_count_fields(interface),
        )
        texts = Texts(sync_method, async_method, imports, emit_path(interface), components)
        return Rendered(files, summary, texts)

    def _render_dictionaries(self) -> Rendered:
        return Rendered(emit_codes(build_dictionaries(self.spec.dictionaries, self.classes)))


def _count_fields(interface: Interface) -> int:
    def count(fields: Iterable[Field]) -> int:
        return sum(1 + count(field.fields) for field in fields)

    nodes = (interface.input.nodes or ()) + (interface.output.nodes or ())
    return sum(count(node.fields) for node in nodes)
