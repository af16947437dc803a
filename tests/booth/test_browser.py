"""The built booth in a real browser: every vector, through WebCrypto and, where a page is not secure, without it."""

from __future__ import annotations

import base64
import json
import mimetypes
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.booth.conftest import python_on_act, python_on_in_force, python_on_signature

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

SECURE, NOT_SECURE = "http://localhost", "http://booth.example"


@pytest.fixture(scope="module")
def questions(project_root: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What is asked of the browser, and what Python answers."""
    asked = []
    for case in json.loads((project_root / "vectors" / "record" / "signatures.json").read_text("utf-8"))["cases"]:
        parts = {part: case[part] for part in ("key", "message", "signature")}
        expected = python_on_signature(*map(bytes.fromhex, parts.values()))
        assert expected["rule"] == case["rule"]
        asked.append(({"ask": "signature", **parts}, expected))
    vectors = json.loads((project_root / "vectors" / "act" / "acts.json").read_text("utf-8"))
    for case in vectors["valid"] + vectors["invalid"]:
        entry = base64.b64decode(case["entry"])
        expected = python_on_act(entry)
        assert expected["rule"] == case.get("rule", "")
        asked.append(({"ask": "act", "entry": entry.hex()}, expected))
    for case in json.loads((project_root / "vectors" / "act" / "in-force.json").read_text("utf-8"))["cases"]:
        shown = base64.b64decode(case["shown"])
        expected = python_on_in_force(shown, case["trust"])
        assert expected["rule"] == case["rule"]
        asked.append(({"ask": "force", "shown": shown.hex(), **case["trust"]}, expected))
    return asked


@pytest.fixture(scope="module")
def in_browser(
    built: Path, project_root: Path
) -> Iterator[Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]]:
    """``in_browser(origin, questions)``: the answers of ``judge.mjs`` on an empty page of that origin.

    Nothing is served: the browser's requests are answered from the project's folder.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser driver here: install playwright")
    executable = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium here: install it to run the booth where it will be used")

    def answer(route: Any) -> None:
        path = project_root / route.request.url.split("/", 3)[3]
        if not path.is_file():
            route.fulfill(body="<!doctype html>", content_type="text/html")
        else:
            route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path.with_suffix(".js"))[0])

    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])

        def ask(origin: str, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
            page = running.new_page()
            page.route("**/*", answer)
            page.goto(f"{origin}/")
            found: list[dict[str, Any]] = page.evaluate(
                """async (questions) => {
                    const { judge } = await import("/tests/booth/judge.mjs");
                    const answers = [];
                    for (const question of questions) answers.push(await judge(question));
                    return answers;
                }""",
                questions,
            )
            page.close()
            return found

        yield ask
        running.close()


def test_a_browser_judges_every_vector_through_webcrypto(in_browser, questions) -> None:
    answers = in_browser(SECURE, [question for question, _ in questions])
    if "platform" not in answers[0]:
        pytest.skip("this Chromium has no Ed25519 in WebCrypto: version 137 has it")
    for (question, expected), answer in zip(questions, answers, strict=True):
        assert answer == dict.fromkeys(("bigint", "best", "platform"), expected), question


def test_a_page_without_webcrypto_judges_every_vector_alike(in_browser, questions) -> None:
    answers = in_browser(NOT_SECURE, [question for question, _ in questions])
    for (question, expected), answer in zip(questions, answers, strict=True):
        assert answer == dict.fromkeys(("bigint", "best"), expected), question
