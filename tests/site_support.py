"""The documentation site of this repository, its examples, and a platform that repeats them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hubei_yibao_codegen.ir.build import build
from hubei_yibao_codegen.ir.model import Package
from hubei_yibao_codegen.pipeline import accepted
from hubei_yibao_codegen.site.pages import interface_pages

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^(?:<!-- run: (\w+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def package() -> Package:
    return build(accepted(ROOT / "spec").spec)


def pages() -> dict[str, str]:
    """The interfaces' pages by number, as they go into the site."""
    return {Path(path).stem: text for path, text in interface_pages(package()).items()}


def blocks(text: str, kind: str) -> list[tuple[str, str]]:
    """Code blocks of one kind: where to run it ('' if nowhere), and the code."""
    return [(where, body) for where, found, body in BLOCK.findall(text) if found == kind]


class Recorder:
    """A platform that answers each number with the example of its page and keeps the requests."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.url = ""


@contextmanager
def recording(answers: dict[str, str]) -> Iterator[Recorder]:
    recorder = Recorder(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            recorder.requests.append(message)
            body = recorder.answers[message["infno"]].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
