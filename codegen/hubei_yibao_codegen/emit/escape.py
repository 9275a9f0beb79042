"""Text from the spec in its new surroundings: one function per surrounding.

A label or note is data from outside. Whatever it holds — quotes, newlines, braces, markup,
control or bidirectional characters — it must come out as text and nothing else.
"""

from __future__ import annotations

import json
import re

_SPACE = re.compile(r"\s+")

#: Characters that are not shown or that change how their neighbours are shown: controls,
#: bidirectional marks, zero-width characters, line and paragraph separators, surrogates, tags.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Quotes that would end a docstring or that formatters move away from its ends.
_QUOTES = re.compile('^"+|"{3,}|"+$')
#: Characters with a meaning in Markdown, its usual extensions, HTML and template languages. As
#: entities, since a backslash keeps its own meaning in some places. An underscore inside a word
#: has none.
_MARKUP = re.compile(r"[\\`*{}\[\]<>#|~$&@]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|:(?=//)|(?<=www)\.")
_LIST = re.compile(r"^(?:[-+=]|\d+[.)])")
_PLAIN_CODE = re.compile(r"[0-9A-Za-z_.()-]+")


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def literal(text: str) -> str:
    """A Python string literal that evaluates to exactly ``text``.

    In the formatter's own style (double quotes unless that needs more escapes), so that
    formatting leaves it alone.
    """
    body = _HIDDEN.sub(_escaped, text.replace("\\", "\\\\"))
    quote = "'" if body.count('"') > body.count("'") else '"'
    return quote + body.replace(quote, f"\\{quote}") + quote


def docstring(text: str) -> str:
    """One line inside a triple-quoted docstring; runs of white space become one blank."""
    line = _SPACE.sub(" ", text).strip().replace("\\", "\\\\")
    line = _HIDDEN.sub(_escaped, line)
    return _QUOTES.sub(lambda match: '\\"' * len(match[0]), line)


def comment(text: str) -> str:
    """One line of plain text for JSON descriptions and file heads: nothing hidden."""
    return _HIDDEN.sub(_escaped, _SPACE.sub(" ", text).strip())


def markdown(text: str) -> str:
    """Text inside a Markdown paragraph or table cell; markup in it is shown, not obeyed."""
    line = _MARKUP.sub(_entity, comment(text))
    return _LIST.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", line)


def code_span(text: str) -> str:
    """Text as inline code in Markdown."""
    line = comment(text)
    if _PLAIN_CODE.fullmatch(line):
        return f"`{line}`"
    return f"<code>{_MARKUP.sub(_entity, line)}</code>"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def json_text(data: object) -> str:
    """JSON on one line, keys in the given order, readable but with nothing hidden in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(", ", ": "))
    return _HIDDEN.sub(_json_escaped, text)


def _json_escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
