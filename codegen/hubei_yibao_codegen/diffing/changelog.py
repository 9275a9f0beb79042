"""Changes as a hospital reads them: Chinese, an entry per interface or code table."""

from __future__ import annotations

from collections.abc import Iterable

from .change import LEVELS, Change, Level

TITLES: dict[Level, str] = {
    "breaking": "不兼容变更（调用程序须核对）",
    "compatible": "兼容变更",
    "editorial": "文字修订",
}


def entries(changes: Iterable[Change]) -> dict[Level, list[str]]:
    """Lines by level: everything about one subject in one line, in the order of the changes."""
    found: dict[Level, dict[str, list[str]]] = {level: {} for level in LEVELS}
    for change in changes:
        texts = found[change.level].setdefault(change.subject, [])
        if change.text not in texts:
            texts.append(change.text)
    return {
        level: [f"{subject}：{'；'.join(texts)}" for subject, texts in by_subject.items()]
        for level, by_subject in found.items()
    }


def changelog(changes: Iterable[Change], title: str) -> str:
    """Markdown with a section per level; levels without changes are left out."""
    lines = [f"## {title}", ""]
    found = entries(changes)
    for level in LEVELS:
        if found[level]:
            lines += [
                f"### {TITLES[level]}",
                "",
                *(f"- {_plain(line)}" for line in found[level]),
                "",
            ]
    if not any(found.values()):
        lines += ["接口规范没有变化。", ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Spec texts are untrusted: no line breaks, no markup of their own."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*[]<>|" else char for char in flat)
