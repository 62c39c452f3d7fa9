import hashlib
import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, mean_absolute_error, precision_score, recall_score

from readiness.core.checklist import BOXES, Source
from readiness.core.errors import InputError
from readiness.core.findings import Status
from readiness.demo import fraud
from readiness.demo import material as attestations
from readiness.demo.cases import CASES, build
from readiness.evidence.collect import gather
from readiness.evidence.tables import read_table
from readiness.questions import baseline, errors, segments
from readiness.spec.load import load_spec


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {case: tmp_path_factory.mktemp(case) for case in CASES}
    for case, folder in folders.items():
        build(case, folder)
    return folders


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def predicted(folder: Path, model: str = "candidate") -> tuple[pd.DataFrame, np.ndarray]:
    estimator = joblib.load(folder / "models" / f"{model}.joblib")
    test = read_table(folder / "data" / "test.parquet")
    return test, estimator.predict(test[list(estimator.feature_names_in_)])


def recall_by(test: pd.DataFrame, labels: np.ndarray, column: str) -> dict[str, float]:
    return {
        group: float(recall_score(test["is_fraud"].iloc[rows], labels[rows]))
        for group, rows in test.groupby(column).indices.items()
    }


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_a_usable_spec_whose_files_exist(case: str, folders: dict[str, Path]) -> None:
    """Each spec loads without a problem, its pins hold, and its tables and evidence lie where it says."""
    loaded = load_spec(folders[case] / "readiness.yaml")
    spec = loaded.spec
    assert spec.model.path is not None
    assert spec.model.sha256 == hashlib.sha256(loaded.resolve(spec.model.path).read_bytes()).hexdigest()
    assert spec.data.train is not None
    for table in (spec.data.train, spec.data.test):
        assert spec.data.target in read_table(loaded.resolve(table)).columns
    assert all(loaded.resolve(box.evidence).is_file() for box in spec.checklist.values())
    assert loaded.resolve(spec.model.path).stat().st_size < 1_000_000


@pytest.mark.slow
def test_the_same_bytes_come_out_in_another_process(tmp_path: Path, folders: dict[str, Path]) -> None:
    """Neither the order of hashes nor the number of threads changes a file."""
    code = "import sys, pathlib; from readiness.demo.cases import build; build('fraud', pathlib.Path(sys.argv[1]))"
    surroundings = os.environ | {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=surroundings)
    assert digests(folders["fraud"]) == digests(tmp_path)


@pytest.mark.slow
def test_the_list_of_cases_needs_no_scikit_learn() -> None:
    """The command line names the cases without loading what they are made of."""
    code = "import sys, readiness.demo.cases; print('sklearn' in sys.modules, 'pandas' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "False False" == shown.strip()


def test_a_demo_replaces_only_what_a_demo_wrote(tmp_path: Path) -> None:
    """A second demo may replace the first; somebody's own spec is refused and kept."""
    spec = build("diabetes", tmp_path)
    assert spec == build("breast-cancer", tmp_path)
    spec.write_text("model: mine\n")
    with pytest.raises(InputError, match=r"readiness\.yaml exists and was not written by the demo"):
        build("diabetes", tmp_path)
    assert "model: mine\n" == spec.read_text()


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    """The message lists the cases there are."""
    with pytest.raises(InputError, match="fraud, fraud-fixed, breast-cancer, diabetes"):
        build("frod", tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """What cannot be written to is an input error, not a traceback."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        build("diabetes", tmp_path / "taken")


def test_fraud_is_fine_on_average_and_fails_people_of_65_and_more(folders: dict[str, Path]) -> None:
    """Overall it clears every requirement; of frauds against the oldest it finds less than half, of all others nine
    in ten and more."""
    test, labels = predicted(folders["fraud"])
    recall = recall_by(test, labels, "age_group")
    oldest = recall.pop("65+")
    assert oldest < 0.5
    assert min(recall.values()) > 0.9
    assert recall_score(test["is_fraud"], labels) > 0.82
    assert precision_score(test["is_fraud"], labels) > 0.9
    regions = recall_by(test, labels, "region")
    assert max(regions.values()) - min(regions.values()) < 0.10


def test_fraud_fixed_serves_every_group(folders: dict[str, Path]) -> None:
    """With the reports put back it finds nine in ten frauds and more in each age group, region and part of the week."""
    test, labels = predicted(folders["fraud-fixed"])
    test["weekend"] = test["paid_at"].dt.day_of_week >= 5
    for column in ("age_group", "region", "weekend"):
        assert min(recall_by(test, labels, column).values()) > 0.9


@pytest.mark.parametrize("case", ["fraud", "fraud-fixed"])
def test_fraud_candidates_beat_every_alternative_clearly(case: str, folders: dict[str, Path]) -> None:
    """Their F1 is at least 0.08 above the rule on the amount and the model in production."""
    test, labels = predicted(folders[case])
    _, current = predicted(folders[case], "current")
    others = {"current": current, "rule": (test["amount"] > 10_000).astype(int)}
    f1 = {name: f1_score(test["is_fraud"], other) for name, other in others.items()}
    assert f1_score(test["is_fraud"], labels) > max(f1.values()) + 0.08
    assert f1["rule"] > 0.2  # always answering "no fraud" has 0


def test_the_two_fraud_cases_differ_in_training_labels_only(folders: dict[str, Path]) -> None:
    """Same payments to train on, same test rows: the reports of the oldest are the only difference."""
    mine, fixed = (digests(folders[case]) for case in ("fraud", "fraud-fixed"))
    changed = {name for name in mine if mine[name] != fixed[name]}
    assert {"readiness.yaml", "data/train.parquet", "models/candidate.joblib"} == changed
    before, after = (read_table(folders[case] / "data/train.parquet") for case in ("fraud", "fraud-fixed"))
    assert (before["age_group"][before["is_fraud"] != after["is_fraud"]] == "65+").all()
    pd.testing.assert_frame_equal(before.drop(columns="is_fraud"), after.drop(columns="is_fraud"))


def test_every_group_has_enough_frauds_to_judge() -> None:
    """One in ten payments is fraud, and the smallest group has over a hundred in the test rows."""
    test = fraud.payments(fraud.TEST_ROWS, seed=2, start="2026-07-01", days=92)
    assert 0.10 == pytest.approx(test["is_fraud"].mean(), abs=0.01)
    assert test.groupby("age_group")["is_fraud"].sum().min() > 100
    assert {"km_from_home", "payee_known_days", "session_minutes"} == set(test.columns[test.isna().any()])


@pytest.mark.parametrize("merchant", [None, np.nan, "casino"])
def test_the_fraud_candidate_bears_gaps_and_unknown_merchants(merchant: object, folders: dict[str, Path]) -> None:
    """A single row with nothing known, or with a merchant never seen, gets a prediction."""
    model = joblib.load(folders["fraud-fixed"] / "models/candidate.joblib")
    row = pd.DataFrame({column: [np.nan] for column in fraud.FEATURES}).assign(merchant=[merchant])
    assert (1,) == model.predict(row).shape


def test_every_box_that_only_a_person_can_answer_has_an_example() -> None:
    """No text is left over and none is missing."""
    assert {box.key for box in BOXES if box.source is Source.ATTESTED} == set(attestations.SAYS)


@pytest.mark.parametrize("case", ["fraud", "fraud-fixed"])
def test_what_is_synthetic_says_so(case: str, folders: dict[str, Path]) -> None:
    """Purpose, population, labels and limitations name it, and each attestation calls itself an example."""
    about = load_spec(folders[case] / "readiness.yaml").spec.about
    for text in (about.purpose, about.population, about.labels, about.limitations[0]):
        assert "synthetic" in text.lower()
    for path in (folders[case] / "attestations").iterdir():
        assert "This is an example" in path.read_text(encoding="utf-8")


def test_breast_cancer_beats_its_rule(folders: dict[str, Path]) -> None:
    """On 285 rows the model finds more than nine in ten malignant tumours."""
    test, labels = predicted(folders["breast-cancer"])
    assert (285, 106) == (len(test), (test["diagnosis"] == "malignant").sum())
    assert recall_score(test["diagnosis"], labels, pos_label="malignant") > 0.9
    rule = np.where(test["mean radius"] > 15, "malignant", "benign")
    score = {"pos_label": "malignant"}
    assert f1_score(test["diagnosis"], labels, **score) > f1_score(test["diagnosis"], rule, **score) + 0.05


def test_diabetes_comes_in_units_people_know(folders: dict[str, Path]) -> None:
    """Ages are years and sexes the codes 1 and 2; the model beats the training median."""
    test, values = predicted(folders["diabetes"])
    assert {1, 2} == set(test["sex"])
    assert 19 <= test["age"].min() <= test["age"].max() <= 79
    median = read_table(folders["diabetes"] / "data/train.parquet")["progression"].median()
    usual = mean_absolute_error(test["progression"], np.full(len(test), median))
    assert mean_absolute_error(test["progression"], values) < 0.95 * usual


@pytest.mark.slow
def test_only_the_recall_of_the_oldest_is_refuted(folders: dict[str, Path]) -> None:
    """Of all judged claims about segments one is not met, and it names people of 65 and more; fixed, all are met."""
    answers = {}
    for case in ("fraud", "fraud-fixed"):
        evidence = gather(folders[case] / "readiness.yaml")
        answers[case] = segments.ask(evidence, evidence.spec.segments)
        for other in (baseline.ask(evidence, evidence.spec.baseline), errors.ask(evidence, evidence.spec.errors)):
            assert Status.MET is other.status
    judged = [finding for finding in answers["fraud"].findings if finding.blocking and finding.status is not Status.MET]
    assert [("recall", {"age_group": "65+"}, Status.NOT_MET)] == [(f.metric, f.segment, f.status) for f in judged]
    assert Status.MET is answers["fraud-fixed"].status
