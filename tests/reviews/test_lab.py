"""A draft in JupyterLab, in a real browser: what a data scientist sees, on light and dark ground."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from readiness.core.findings import Question
from readiness.reviews.texts import BANNER

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="NO BROWSER: the draft was not looked at; install Chromium or Chrome"),
]

CELL = """
import numpy as np
import readiness
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(0)
X = rng.normal(size=(800, 3))
y = (X[:, 0] + 0.4 * rng.normal(size=800) > 0.5).astype(int)
X_train, X_test, y_train, y_test = X[:400], X[400:], y[:400], y[400:]
readiness.review(
    LogisticRegression().fit(X_train, y_train), X_test, y_test, X_train=X_train, y_train=y_train,
    segments={"<b>region</b>": np.where(X_test[:, 1] > 0, "north", "south")},
    costs={"false_positive": 1, "false_negative": 9, "currency": "EUR"},
    requirements={"recall": 0.5},
    stability={"repeats": 2, "budget_seconds": 20},
    production={"calls": 300, "call_seconds": 0.2},
)
"""
ADAPTIVE = {
    "adaptive-theme": True,
    "preferred-light-theme": "JupyterLab Light",
    "preferred-dark-theme": "JupyterLab Dark",
}


def free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab of its own, with one notebook in it; nothing of the user's is read or written."""
    home = tmp_path_factory.mktemp("lab")
    (home / "work").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, home / "work" / "draft.ipynb")
    themes = home / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    themes.parent.mkdir(parents=True)
    themes.write_text(json.dumps(ADAPTIVE))
    themes.with_name("notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    port = free_port()
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    root = str(Path(__file__).parents[2])
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()} | {"PYTHONPATH": root}
    options = [f"--ServerApp.root_dir={home / 'work'}", f"--port={port}", "--no-browser", "--IdentityProvider.token="]
    options += ["--allow-root", "--ServerApp.port_retries=0"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=environment, stdout=log, stderr=log, cwd=home
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, server, home / "log")
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; one that never does is ended by the limit of the test."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=10):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@pytest.fixture(scope="module")
def page(lab: str) -> Iterator[Any]:
    """The notebook after its one cell was run."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1300, "height": 1000}, color_scheme="light")
        page.set_default_timeout(0)  # the limit of the test is the only one
        page.goto(f"{lab}/lab/tree/draft.ipynb?reset")
        page.locator(".jp-Notebook .jp-Cell .cm-content").first.wait_for()
        run(page)
        page.locator(".jp-OutputArea-output", has_text=BANNER).first.wait_for()
        yield page
        browser.close()


def run(page: Any) -> None:
    """Run the cell; pressed before the kernel is there, the keys are lost, so they are pressed again."""
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    while page.locator(".jp-InputPrompt").first.inner_text().strip() == "[ ]:":
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1000)


def brightness(colour: str) -> float:
    """Mean of the three numbers in "rgb(24, 33, 47)"; a colour that is see-through counts as none."""
    numbers = [float(part) for part in colour.partition("(")[2].rstrip(")").split(",")]
    return sum(numbers[:3]) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_six_answers_and_pictures_are_seen_on_light_and_dark_ground(page: Any, scheme: str) -> None:
    """The banner, six questions each with its answer, and pictures that hold something; text stands out from its ground."""
    page.emulate_media(color_scheme=scheme)
    is_light = "true" if scheme == "light" else "false"
    page.locator(f"body[data-jp-theme-light='{is_light}']").wait_for(state="attached")
    output = page.locator(".jp-OutputArea-output", has_text=BANNER).first
    words = output.inner_text()

    assert all(question.words in words for question in Question)
    assert 6 == output.locator("table").first.locator("tbody tr span").count()
    assert "<b>region</b> = north" in words
    assert output.locator("img").count() >= 6
    assert output.evaluate("o => [...o.querySelectorAll('img')].every(image => image.naturalWidth > 100)")
    assert output.locator("details[open] img").first.is_visible()
    text = brightness(output.evaluate("o => getComputedStyle(o.querySelector('td')).color"))
    ground = brightness(page.evaluate("getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"))
    assert abs(text - ground) > 120
    assert (ground > 127) is (scheme == "light")


def test_a_folded_answer_opens_on_a_click(page: Any) -> None:
    """Nothing needs a script: what is folded opens as any element of HTML does."""
    folded = page.locator(".jp-OutputArea-output details:not([open])").first
    folded.locator("> summary").click()

    assert page.locator(".jp-OutputArea-output details[open] img").first.is_visible()
    assert 0 == page.locator(".jp-OutputArea-output script, .jp-OutputArea-output style").count()
