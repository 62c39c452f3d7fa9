"""What many tests share: small tables, small models, and specs around them."""

from __future__ import annotations

import functools
import hashlib
import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, settings
from pytest_timeout import is_debugging
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import readiness.run  # noqa: F401  # first: it spares jsonschema 38 grammars, which take longer than all other imports
from tests import forking

# A busy machine is no failure: nothing is timed. Without --all the examples are the same ones in every run.
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fast", max_examples=10, derandomize=True, **UNTIMED)
settings.register_profile("sampled", max_examples=25, derandomize=True, **UNTIMED)
settings.register_profile("all", max_examples=100, **UNTIMED)
settings.load_profile("sampled")
os.environ["READINESS_CACHE"] = "off"  # tests neither fill nor believe the cache of whoever runs them


END_TO_END = Path(__file__).parent / "end_to_end"
"""Where whole reviews are: all slow."""
FEW_CASES = 3
"""Cases of one test with --fast."""
OWN_PROCESSES = [END_TO_END.parent / each for each in ("evidence/workers", "evidence/probes", "attacks")]
"""Whose models run in processes of their own as in a review; elsewhere they are forked, which takes no seconds."""
SECONDS, SLOW_SECONDS, AGAIN_SECONDS = 120, 300, 60
"""Limits of a test with its fixtures, and when one that outlives its limit is interrupted again."""


class TookTooLong(BaseException):
    """The limit of a test is over; no `except Exception`, neither ours nor that of Hypothesis, takes it for its own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Three sizes of one suite."""
    group = parser.getgroup("size", "how much is run")
    group.addoption("--fast", action="store_true", help="leave out what is slow or needs a browser; few cases")
    group.addoption("--all", action="store_true", help="everything: also what is exhaustive, new random examples")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples Hypothesis tries, before the modules of the tests are read."""
    if not config.getoption("--hypothesis-profile", None):
        chosen = next((name for name in ("fast", "all") if config.getoption(f"--{name}")), "sampled")
        settings.load_profile(chosen)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its limit; with --fast, leave out the long ones and most cases of a test that has many; without
    --all what is exhaustive.
    """
    for item in items:
        if END_TO_END in item.path.parents:
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS if is_long(item) else SECONDS))
    kept, left_out = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        is_left_out = (config.getoption("--fast") and is_long(item)) or (
            not config.getoption("--all") and item.get_closest_marker("exhaustive")
        )
        (left_out if is_left_out else kept).append(item)
    if config.getoption("--fast"):
        kept, others = few_of_each(kept)
        left_out += others
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def few_of_each(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Of each test with cases, a few evenly spaced ones, the first and last among them; and the rest."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {
        id(each[place * (len(each) - 1) // (FEW_CASES - 1) if len(each) > FEW_CASES else place])
        for each in cases.values()
        for place in range(min(FEW_CASES, len(each)))
    }
    return [item for item in items if id(item) in kept], [item for item in items if id(item) not in kept]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Choose, before any fixture, how models are started in this test."""
    forking.choose(forks=not any(place in (item.path, *item.path.parents) for place in OWN_PROCESSES))


def is_long(item: pytest.Item) -> bool:
    """Whether a test is marked as slow or drives a browser."""
    return any(item.get_closest_marker(name) for name in ("slow", "browser"))


def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:
    """Interrupt a test at its limit, and again while it goes on: one interruption may be caught or lost on the way.

    pytest-timeout rings once, with an exception that Hypothesis takes for the test's answer to an example, which it
    then tries again, without a limit.
    """
    if settings.method != "signal" or threading.current_thread() is not threading.main_thread():
        return None  # pytest-timeout's own way

    def interrupt(_number: int, _frame: object) -> None:
        if not is_debugging():
            raise TookTooLong(f"{item.nodeid} took longer than {settings.timeout:g} seconds")

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    item.cancel_timeout = cancel  # type: ignore[attr-defined]
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, settings.timeout, AGAIN_SECONDS)
    return True


def make_rows(n: int, seed: int) -> pd.DataFrame:
    """Two features, a group column and a binary target y that follows the first feature."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    frame["group"] = rng.choice(["north", "south"], n)
    frame["y"] = (frame["a"] + 0.3 * rng.normal(size=n) > 0.8).astype(int)
    return frame


@pytest.fixture
def review_files(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes tables, a pinned logistic model and a spec; its arguments replace parts of the spec."""
    return functools.partial(write_review, tmp_path)


def write_review(
    folder: Path, changes: Mapping[str, Any] | None = None, *, test: pd.DataFrame | None = None, model: Any = None
) -> Path:
    """Tables, a pinned logistic model and a spec in a folder; `changes` replace parts of the spec."""
    train = make_rows(600, 1)
    train.to_parquet(folder / "train.parquet")
    (make_rows(800, 2) if test is None else test).to_parquet(folder / "test.parquet")
    fitted = model or make_pipeline(StandardScaler(), LogisticRegression()).fit(train[["a", "b"]], train["y"])
    joblib.dump(fitted, folder / "model.joblib")
    digest = hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest()
    spec: dict[str, Any] = {
        "model": {"name": "small", "version": "1.0", "path": "model.joblib", "sha256": digest},
        "data": {
            "train": "train.parquet",
            "test": "test.parquet",
            "target": "y",
            "positive": 1,
            "segments": ["group"],
        },
        "business": {"requirements": [{"says": "find them", "metric": "recall", "at_least": 0.8}]},
        "errors": {"costs": {"false_positive": 1, "false_negative": 10, "currency": "EUR"}},
        "stability": {"repeats": 2, "budget_seconds": 60},
        "production": {"calls": 300, "call_seconds": 2},
    }
    for section, values in (changes or {}).items():
        both = isinstance(values, dict) and isinstance(spec.get(section), dict)
        spec[section] = {**spec[section], **values} if both else values
    path = folder / "readiness.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in spec.items() if v is not None}, sort_keys=False))
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: exit code, what it said, what it complained."""
    from readiness import cli

    def command(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.app([str(word) for word in words], prog_name="readiness")
        captured = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), captured.out, captured.err

    return command
