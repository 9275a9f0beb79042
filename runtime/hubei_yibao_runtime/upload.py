"""How file bytes travel with the upload interface: three codings are known from the field."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import Fault, RequestInvalid

if TYPE_CHECKING:
    from .interface import Interface
    from .profile import Upload


class FilePart(NamedTuple):
    """The file of a form: it travels beside the message."""

    content: bytes
    name: str


def recode(
    interface: Interface, input_json: bytes, upload: Upload
) -> tuple[bytes, FilePart | None]:
    """``input`` with its bytes fields coded as the profile wants them.

    With ``multipart`` the field leaves the message and comes back as the second value.
    """
    if upload.encoding == "base64":
        return input_json, None
    message: dict[str, Any] = json.loads(input_json)
    part: FilePart | None = None
    for node in interface.input or ():
        holder = message if node.name is None else message.get(node.name)
        for field in node.fields:
            if field.type != "bytes" or not isinstance(holder, dict) or field.name not in holder:
                continue
            try:
                content = base64.b64decode(holder[field.name], validate=True)
            except (ValueError, TypeError):
                path = ".".join(filter(None, ("input", node.name, field.name)))
                raise RequestInvalid(
                    [Fault(path, field.label, "type", "give bytes, not text", field=field.name)]
                ) from None
            if upload.encoding == "multipart":
                del holder[field.name]
                part = FilePart(content, str(holder.get("filename") or "file"))
            else:  # signed bytes, as Java serialisers write a byte[]
                holder[field.name] = [byte - 256 if byte > 127 else byte for byte in content]
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return text, part


def multipart(upload: Upload, message: bytes, part: FilePart) -> tuple[str, bytes]:
    """Content type and body of a form with the message and the file."""
    boundary = secrets.token_hex(16)
    name = part.name.replace("\\", "_").replace('"', "%22").replace("\r", "").replace("\n", "")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{upload.envelope_part}"\r\n'
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    middle = (
        f"\r\n--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{upload.file_part}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    end = f"\r\n--{boundary}--\r\n"
    pieces = (head.encode(), message, middle.encode(), part.content, end.encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)
