"""Some of the questions, quickly: a partial report that leaves the whole one alone, and settings that the record names."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from readiness import cli
from readiness.core.errors import InputError, SpecError
from readiness.core.files import publish_partial, sha256_file
from readiness.core.findings import Question, left_out_code
from readiness.core.selection import choose_questions, questions_of
from readiness.evidence import collect
from readiness.evidence.collect import gather
from readiness.evidence.preflight import preflight
from readiness.run.host_checks import Digests
from readiness.signing.verify import open_report
from readiness.spec.load import load_spec

SPEC = """\
x-signed: &signed {done: true, by: Ann, on: 2026-01-02, evidence: wiki}
model: {name: Tiny, version: "1.0", path: old.joblib}
data: {test: test.csv, train: train.csv, recent: recent.csv, target: y, positive: 1, segments: [region]}
baseline: {current: {name: gone, path: gone.joblib}}
errors: {costs: {false_positive: 1, false_negative: 5}}
checklist: {from: team.yaml, monitoring: *signed}
"""

Run = Callable[..., tuple[int, str, str]]


def table(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=300)
    y = (x + rng.normal(scale=0.3, size=300) > 0).astype(int)
    return pd.DataFrame({"x": x, "region": rng.choice(["north", "south"], 300), "y": y})


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without a pin, a current one that is gone, and a checklist of the team."""
    folder = tmp_path_factory.mktemp("case")
    for seed, name in enumerate(("test", "train", "recent")):
        table(seed).to_csv(folder / f"{name}.csv", index=False)
    rows = table(1)
    joblib.dump(LogisticRegression().fit(rows[["x"]], rows["y"]), folder / "new.joblib")
    (folder / "team.yaml").write_text("ab_test: {not_applicable: batch}\n")
    (folder / "readiness.yaml").write_text(SPEC)
    return folder


class TestChoice:
    def test_names_in_any_order_and_case(self) -> None:
        """Separated by commas, or by saying it again; all six are no choice."""
        assert (Question.SEGMENTS, Question.ERRORS) == questions_of(" Errors,segments,errors,")
        assert ("segments", "errors") == choose_questions(["errors", "segments"])
        assert () == choose_questions([]) == choose_questions([",".join(Question)])

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (["segmants"], 'There is no question "segmants"; did you mean "segments"?'),
            (["xyzzy"], 'There is no question "xyzzy".'),
            ([""], "--only names no question."),
            ([" , "], "--only names no question."),
        ],
    )
    def test_anything_else_is_refused(self, given: list[str], said: str) -> None:
        """With the six names."""
        with pytest.raises(InputError) as caught:
            choose_questions(given)
        assert said == caught.value.message
        assert "stability" in caught.value.remedy

    @pytest.mark.slow
    @pytest.mark.parametrize("more", [["--only", "nothing"], ["--only", ""], ["--only", "errors", "--key", "k.pem"]])
    def test_the_command_refuses_before_anything_else(self, case: Path, run: Run, more: list[str]) -> None:
        """2, before the key is looked for and before the spec is read."""
        code, said, complained = run("run", case / "none.yaml", *more)
        assert (2, "") == (code, said)
        assert complained.startswith("Error: ")
        assert "none.yaml" not in complained


@pytest.fixture(scope="module")
def ran(case: Path) -> tuple[int, str]:
    """One real partial review of another model than the spec names, beside an earlier whole report."""
    out = case / "out"
    out.mkdir()
    (out / "report.html").write_text("an earlier report")
    said = io.StringIO()
    words = ["run", case / "readiness.yaml", "--only", "segments", "--pin", "--out", out,
             "--set", "model.path=new.joblib", "--set", "model.version=1.10", "--set", "baseline.current=",
             "--set", "about.owner='O\"Neil \\ {x} ''y'''"]  # fmt: skip
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        cli.app([str(word) for word in words], prog_name="readiness")
    return int(str(ended.value.code)), said.getvalue()


class TestRun:
    @pytest.mark.slow
    def test_it_says_what_it_is(self, case: Path, ran: tuple[int, str]) -> None:
        """The exit code is that of the record's verdict, which cannot be ready."""
        code, said = ran
        assert code in (1, 3)
        digest = sha256_file(case / "new.joblib")
        assert f"You vouch for this very file: {case / 'new.joblib'}\n  SHA-256 {digest}\n" in said
        assert "Test result: PARTIAL (asks 1 of the six questions; cannot be signed or approved)" in said
        assert "The report is PARTIAL and cannot be signed." in said
        assert "--key" not in said

    def test_the_whole_report_is_untouched(self, case: Path, ran: tuple[int, str]) -> None:
        """Neither replaced nor moved aside."""
        assert "an earlier report" == (case / "out" / "report.html").read_text()
        assert {"report.html", "partial.html", "partial.ipynb"} == {path.name for path in (case / "out").iterdir()}

    def test_the_record_names_what_was_set(self, case: Path, ran: tuple[int, str]) -> None:
        """In its inputs, with a digest; the settings themselves; and the spec as it was taken."""
        record = open_report(case / "out" / "partial.html").record
        inputs = {artifact.name: artifact for artifact in record.gathered.inputs}
        loaded = load_spec(case / "readiness.yaml", settings=record.gathered.settings)
        assert loaded.inputs[-1] == inputs["spec: command line"]
        assert sha256_file(case / "team.yaml") == inputs["checklist: team.yaml"].sha256
        assert f"model.sha256={sha256_file(case / 'new.joblib')}" == record.gathered.settings[-1]
        assert ("1.10", "O\"Neil \\ {x} 'y'") == (record.gathered.model.version, record.about["owner"])
        assert ["ab_test", "monitoring"] == sorted(record.gathered.spec["checklist"])
        assert "x-signed" not in record.gathered.spec

    def test_show_says_partial(self, case: Path, ran: tuple[int, str], run: Run) -> None:
        """And the verdict of the record is one for programs."""
        code, said, _ = run("show", case / "out" / "partial.html")
        assert 0 == code
        assert "PARTIAL (asks 1 of the six" in said

    def test_the_other_questions_say_that_they_were_left_out(self, case: Path, ran: tuple[int, str]) -> None:
        """Each in one finding."""
        record = open_report(case / "out" / "partial.html").record
        left = [q for q in Question if [f.code for f in record.answer(q).findings] == [left_out_code(q)]]
        assert [q for q in Question if q is not Question.SEGMENTS] == left


def test_nothing_is_read_that_the_questions_do_not_need(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments need neither features of the training table nor the model now in production. Recent rows are read always:
    what they say of the test rows is asked before any question.
    """

    def fail(*_args: object) -> None:
        raise AssertionError("the current model is not asked for")

    monkeypatch.setattr(collect.baselines, "current", fail)
    pin = sha256_file(case / "new.joblib")
    evidence = gather(case / "readiness.yaml", settings=f"model.path=new.joblib\nmodel.sha256={pin}", only="segments")
    assert evidence.recent is not None
    assert {"x", "region", "y"} == set(evidence.recent.frame.columns)
    assert (Question.SEGMENTS,) == evidence.only
    assert evidence.training is not None
    assert ["y", "region"] == list(evidence.training.frame.columns)


def test_a_partial_report_replaces_an_earlier_partial_one(tmp_path: Path) -> None:
    """And nothing else."""
    (tmp_path / "notebook.ipynb").write_text("whole")
    for text in (b"one", b"two"):
        publish_partial(tmp_path, text, text + b" notebook")
    assert {"notebook.ipynb": b"whole", "partial.html": b"two", "partial.ipynb": b"two notebook"} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


def test_files_of_the_same_name_keep_apart(tmp_path: Path) -> None:
    """A base of the same name in another folder is hashed before and after, too."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "readiness.yaml").write_text('model: {name: a, version: "1", predictions: {label: p}}\n')
    (tmp_path / "t.csv").write_text("y,p\n1,1\n")
    top = tmp_path / "readiness.yaml"
    top.write_text("extends: base/readiness.yaml\ndata: {test: t.csv, target: y}\n")
    digests = Digests.of(load_spec(top, settings=["seed=1"]))
    assert {"spec: readiness.yaml", "spec: readiness.yaml (2)", "test: t.csv", "spec: command line"} == {
        each.name for each in digests.inputs
    }
    assert 3 == len(digests.paths)


def test_what_does_not_fit_a_file_is_told_where_it_is_set(tmp_path: Path) -> None:
    """In the base that sets it, or on the command line."""
    (tmp_path / "t.csv").write_text("y,p\n1,1\n")
    (tmp_path / "base.yaml").write_text('model: {name: a, version: "1", predictions: {label: p}}\ndata:\n  target: z\n')
    top = tmp_path / "readiness.yaml"
    top.write_text("extends: base.yaml\ndata: {test: t.csv}\n")
    with pytest.raises(SpecError) as caught:
        preflight(load_spec(top, settings=["baseline.metric=recal"]))
    assert ["--set baseline.metric", "base.yaml line 3, data.target"] == [
        p.split(": ")[0] for p in caught.value.problems
    ]


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_every_command_takes_settings(case: Path, run: Run, command: str) -> None:
    """And says what is wrong with them."""
    code, _, complained = run(command, case / "readiness.yaml", "--set", "seed=a", "--set", "modle.name=b")
    assert 2 == code
    assert '--set seed: found the text "a"' in complained
    assert "--set modle: unknown key" in complained


def test_plan_reckons_with_what_is_set(case: Path, run: Run) -> None:
    """Under the name that was given."""
    code, said, _ = run("plan", case / "readiness.yaml", "--set", "model.name=Other")
    assert 0 == code
    assert "Other 1.0" in said


def test_check_pins_the_file(case: Path, run: Run) -> None:
    """Without the pin a pickle is refused; with it the check goes through."""
    setting = ("--set", "model.path=new.joblib", "--set", "baseline.current=")
    code, _, complained = run("check", case / "readiness.yaml", *setting)
    assert (2, True) == (code, "if you vouch for this file" in complained)
    code, said, _ = run("check", case / "readiness.yaml", *setting, "--pin")
    assert (0, True) == (code, said.startswith("You vouch for this very file: "))


def test_the_schema_of_a_checklist_is_printed(run: Run) -> None:
    """For editors, like that of the spec."""
    code, said, _ = run("schema", "--checklist")
    assert 0 == code
    assert '"urn:model-readiness:checklist:v1"' in said
