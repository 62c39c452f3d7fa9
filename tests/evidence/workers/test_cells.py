"""What the process of a model may see, whether this machine can hold to that, and a spec that requires it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from readiness.core.errors import IncompleteRecord, ModelError, ReviewError, SpecError
from readiness.core.provenance import NOT_RUN, Isolation, IsolationForm
from readiness.evidence.collect import gather
from readiness.evidence.preflight import preflight
from readiness.evidence.workers import cells, line
from readiness.evidence.workers import isolation as isolating
from readiness.evidence.workers.cells import cell_of, check_isolation, hidden_paths, isolation_here, weakness
from readiness.run import host_checks
from readiness.spec.load import LoadedSpec, load_spec, sets_limit
from tests.report.page import records

Files = Callable[..., Path]
SANDBOX = Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False)
OTHER_USER = Isolation(IsolationForm.USER, labels=False)
PLAIN = Isolation(IsolationForm.PROCESS)
REQUIRED = {"production": {"isolation": "required"}}


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without bubblewrap, and an ordinary user."""
    monkeypatch.setattr(isolating, "_bubblewrap", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def served(write: Files, **changes: Any) -> Path:
    """A spec of a model at an address, and no file of it."""
    spec = write(changes)
    plain = yaml.safe_load(spec.read_text())
    plain["model"] = {"name": "a", "version": "1", "url": "http://127.0.0.1:9/invocations", "protocol": "mlflow"}
    spec.write_text(yaml.safe_dump(plain, sort_keys=False))
    return spec


def predictions(write: Files, **changes: Any) -> Path:
    """A spec of predictions alone."""
    spec = write(changes)
    plain = yaml.safe_load(spec.read_text())
    plain["model"] = {"name": "a", "version": "1", "predictions": {"score": "b"}}
    spec.write_text(yaml.safe_dump(plain, sort_keys=False))
    return spec


class TestCell:
    def test_spec_and_tables_are_hidden(self, review_files: Files) -> None:
        """The model and named modules are seen, what tells the labels is not."""
        spec = review_files({})
        (spec.parent / "unnamed.py").write_text("")
        loaded = load_spec(spec)
        cell = cell_of(loaded, loaded.spec.model, spec.parent / "model.joblib")
        assert (spec.parent / "model.joblib",) == cell.visible
        names = {path.name for path in cell.hidden}
        assert {"readiness.yaml", "test.parquet", "train.parquet"} <= names
        assert names == {path.name for path in hidden_paths(loaded)}

    def test_of_a_checkout_only_code_is_seen(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where packages are developed, copies of tables lie beside them; spec and tables may lie elsewhere."""
        checkout = tmp_path / "checkout"
        for place in ("package/__init__.py", "package/deep/part.py", "spread/part.py", "module.py", "data/copy.csv",
                      "copy.csv", "package.egg-info/PKG-INFO", "reviews/unnamed.py"):  # fmt: skip
            (checkout / place).parent.mkdir(parents=True, exist_ok=True)
            (checkout / place).touch()
        monkeypatch.syspath_prepend(str(checkout))
        seen = set(isolating._code_places(isolating.Cell((), (tmp_path / "test.csv",), checkout / "reviews")))
        own = {str(place.relative_to(checkout)) for place in seen if checkout in place.parents}
        assert {"package", "package.egg-info", "spread/part.py", "module.py"} == own
        assert checkout not in seen


class TestHere:
    def test_it_is_of_all_models_that_are_named(self, review_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
        """The candidate and the model in production, each in its own cell: the weaker counts."""
        current = {"baseline": {"current": {"name": "old", "path": "model.joblib"}}}
        found = iter([SANDBOX, PLAIN])
        monkeypatch.setattr(cells, "isolate", lambda _: isolating.Start(next(found)))
        assert PLAIN == isolation_here(load_spec(review_files(current)))
        assert [] == list(found)

    def test_nothing_runs_of_predictions(self, review_files: Files) -> None:
        """And of an address nobody here sees what it reads."""
        assert NOT_RUN == isolation_here(load_spec(predictions(review_files)))
        assert Isolation(IsolationForm.ADDRESS) == isolation_here(load_spec(served(review_files)))


class TestRan:
    def test_the_weaker_of_both_is_recorded(self, review_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of the candidate and of the model in production, each as it was started."""
        spec = review_files({})
        (spec.parent / "old.joblib").write_bytes((spec.parent / "model.joblib").read_bytes())
        changed = yaml.safe_load(spec.read_text())
        changed["baseline"] = {"current": {**changed["model"], "name": "old", "path": "old.joblib"}}
        del changed["baseline"]["current"]["version"]
        spec.write_text(yaml.safe_dump(changed, sort_keys=False))

        def isolate(cell: isolating.Cell) -> isolating.Start:
            is_old = any(path.name == "old.joblib" for path in cell.visible)
            return isolating.Start(PLAIN if is_old else OTHER_USER)

        monkeypatch.setattr(line, "isolate", isolate)
        assert PLAIN == gather(spec).gathered.isolation
        assert OTHER_USER == gather(spec, only="segments").gathered.isolation

    def test_of_predictions_none_is(self, review_files: Files) -> None:
        """Which is no weakness."""
        assert NOT_RUN == gather(predictions(review_files)).gathered.isolation


class TestRequired:
    def test_the_host_says_so_before_anything_starts(self, review_files: Files, plain: None) -> None:
        """Where it is written, what is lacking, and what to do."""
        loaded = load_spec(review_files(REQUIRED))
        with pytest.raises(SpecError) as refused:
            preflight(loaded)
        (problem,) = refused.value.problems
        assert "readiness.yaml" in problem
        assert "production.isolation" in problem
        assert "install bubblewrap" in problem
        assert 2 == refused.value.exit_code

    def test_check_and_run_end_with_2(
        self, review_files: Files, plain: None, run: Callable[..., tuple[int, str, str]]
    ) -> None:
        """The same words; nothing is written."""
        spec = review_files(REQUIRED)
        for words in (("check", spec), ("run", spec, "--out", spec.parent / "out")):
            code, _, complaint = run(*words)
            assert 2 == code
            assert "install bubblewrap" in complaint
        assert not (spec.parent / "out").exists()

    def test_the_kernel_does_not_start_the_model(self, review_files: Files, plain: None) -> None:
        """Whoever opens the notebook by hand, without a host, is refused as well, and no code of the model ran."""
        spec = review_files(REQUIRED)
        changed = yaml.safe_load(spec.read_text())
        changed["model"]["loader"] = "marking:load"
        spec.write_text(yaml.safe_dump(changed, sort_keys=False))
        (spec.parent / "marking.py").write_text(f"open({str(spec.parent / 'mark')!r}, 'w')\nload = None\n")
        with pytest.raises(ModelError, match=r"production\.isolation"):
            gather(spec)
        assert not (spec.parent / "mark").exists()

    def test_an_address_is_no_isolation(self, review_files: Files) -> None:
        """Nobody here sees what it may read."""
        with pytest.raises(SpecError) as refused:
            preflight(load_spec(served(review_files, **REQUIRED)))
        assert "model.url" in str(refused.value.problems)

    @pytest.mark.parametrize("isolation", [SANDBOX, OTHER_USER, NOT_RUN])
    def test_what_hides_the_labels_will_do(self, review_files: Files, isolation: Isolation) -> None:
        """A network, for one, may be there."""
        loaded = load_spec(review_files(REQUIRED))
        check_isolation(isolation, loaded.spec)
        assert not weakness(isolation, loaded.spec)

    def test_predictions_need_none(self, review_files: Files, plain: None) -> None:
        """Where no model runs, none can read the labels."""
        preflight(load_spec(predictions(review_files, **REQUIRED)))

    def test_it_is_no_limit_of_the_team(self) -> None:
        """The first screen says which limits were set; this one judges nothing."""
        assert not sets_limit("production.isolation")
        assert sets_limit("production.size_mb")

    def test_other_values_are_refused(self, review_files: Files) -> None:
        """There are two."""
        with pytest.raises(SpecError, match="cannot be used"):
            load_spec(review_files({"production": {"isolation": "yes"}}))


class TestHostChecks:
    """What a kernel says of isolation, held against what this machine can do."""

    @staticmethod
    def check(loaded: LoadedSpec, isolation: Isolation | None) -> None:
        ready = records.ready()
        record = dataclasses.replace(ready, gathered=dataclasses.replace(ready.gathered, isolation=isolation))
        host_checks._check_isolation(record, loaded)

    def test_a_claim_beyond_this_machine_is_refused(self, review_files: Files, plain: None) -> None:
        """Where no sandbox starts, none was there."""
        loaded = load_spec(review_files({}))
        self.check(loaded, PLAIN)
        for claimed in (SANDBOX, OTHER_USER):
            with pytest.raises(ReviewError, match="cannot be so here"):
                self.check(loaded, claimed)

    def test_less_than_this_machine_can_is_no_lie(self, review_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is on the cover; but not where more is required."""
        monkeypatch.setattr(cells, "isolate", lambda _: isolating.Start(SANDBOX))
        loaded = load_spec(review_files({}))
        for claimed in (SANDBOX, OTHER_USER, PLAIN):
            self.check(loaded, claimed)
        with pytest.raises(ReviewError, match="contradicts the spec"):
            self.check(load_spec(review_files(REQUIRED)), PLAIN)

    def test_which_models_ran_follows_from_the_spec(self, review_files: Files, plain: None) -> None:
        """None of predictions, one of a file, an address of an address."""
        for write, claimed in (
            (lambda files: files({}), NOT_RUN),
            (served, NOT_RUN),
            (served, OTHER_USER),
            (predictions, PLAIN),
        ):
            with pytest.raises(ReviewError, match="cannot be so here"):
                self.check(load_spec(write(review_files)), claimed)
        self.check(load_spec(predictions(review_files)), NOT_RUN)
        self.check(load_spec(served(review_files)), Isolation(IsolationForm.ADDRESS))

    @pytest.mark.parametrize("claimed", [None, Isolation(IsolationForm.IN_PROCESS)])
    def test_something_must_be_said(self, review_files: Files, claimed: Isolation | None) -> None:
        """A kernel of today never loads a model itself."""
        with pytest.raises(IncompleteRecord, match="how the model was kept apart"):
            self.check(load_spec(review_files({})), claimed)
