"""Browsers in which the booth judges: what is asked goes to a page on loopback, and its answers come back.

Nothing is driven and nothing is installed beside the browser: a page fetches its questions from a server of ours, which
gives it the project's own files too, and posts what the booth said. It is of a secure context; a frame in it is not.
"""

from __future__ import annotations

import json
import mimetypes
import os
import queue
import shutil
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

__all__ = ["NOT_SECURE", "SECURE", "Ask", "running"]

Answer = dict[str, Any]
Ask = Callable[[str, list[Answer]], list[Answer]]
"""``ask(host, questions)``: the answers of ``judge.mjs`` on a page of that host."""

SECURE, NOT_SECURE = "localhost", "booth.example"
PATIENCE: Final = 15

_PAGE: Final = b"""<!doctype html>
<meta charset="utf-8">
<title>booth</title>
<body>
<script type="module">
if (isSecureContext) {
  const frame = document.createElement("iframe");
  frame.src = `http://booth.example:${location.port}/`;
  document.body.append(frame);
}
import { judge } from "/tests/booth/judge.mjs";
for (;;) {
  const questions = await (await fetch("/questions")).json();
  const answers = [];
  for (const question of questions) answers.push(await judge(question).catch((wrong) => ({ broken: String(wrong) })));
  await fetch("/answers", { method: "POST", body: JSON.stringify(answers) });
}
</script>
"""


class _Server(ThreadingHTTPServer):
    """Gives the pages of each host the project's files and their questions, and takes their answers."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.questions: defaultdict[str, queue.Queue[list[Answer]]] = defaultdict(queue.Queue)
        self.answers: defaultdict[str, queue.Queue[list[Answer]]] = defaultdict(queue.Queue)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://{SECURE}:{self.server_address[1]}/"

    def ask(self, host: str, questions: list[Answer]) -> list[Answer]:
        self.questions[host].put(questions)
        return self.answers[host].get(timeout=PATIENCE)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def _host(self) -> str:
        return self.headers["host"].partition(":")[0]

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.server.root / self.path.lstrip("/")
        if self.path == "/":
            self._answer(_PAGE, "text/html")
        elif self.path == "/questions":
            self._answer(json.dumps(self.server.questions[self._host()].get()).encode(), "application/json")
        elif path.is_file() and path.suffix in (".js", ".mjs"):
            self._answer(path.read_bytes(), mimetypes.types_map[".js"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        self.server.answers[self._host()].put(json.loads(self.rfile.read(size)))
        self._answer(b"", "text/plain")


_FIREFOX: Final = {
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": NOT_SECURE,
    "network.proxy.type": 0,
}


def _chromium(home: Path, address: str) -> list[str]:
    found = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here: install it to run the booth where it will be used")
    options = ["--headless", "--no-sandbox", "--remote-debugging-port=0", "--no-first-run"]
    options += [f"--user-data-dir={home}", f"--host-resolver-rules=MAP {NOT_SECURE} 127.0.0.1", "--no-proxy-server"]
    return [found, *options, address]


def _firefox(home: Path, address: str) -> list[str]:
    found = next((found for name in ("firefox-esr", "firefox") if (found := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Firefox here: install it (Debian: firefox-esr) to run the booth where it will be used")
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _FIREFOX.items()]
    (home / "user.js").write_text("".join(lines))
    return [found, "--headless", "--no-remote", "--profile", str(home), address]


_BROWSERS: Final = {"chromium": _chromium, "firefox": _firefox}


@contextmanager
def running(name: str, home: Path, root: Path) -> Iterator[Ask]:
    """This browser runs, with a page of each host. ``home``: an empty folder for all that it writes."""
    server = _Server(root)
    command = _BROWSERS[name](home, server.address)
    quiet = {"HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}
    with subprocess.Popen(
        command, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield server.ask
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            server.shutdown()
            server.server_close()
