"""How many rows a spec needs, told before there is a model; checked against enumeration and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from readiness import cli
from readiness.core.errors import InputError
from readiness.core.metrics import METRICS, TECHNICAL
from readiness.core.policy import Task
from readiness.planning.assumptions import level_of, read_assumptions
from readiness.planning.plan import Gain, criteria_of, gain_rows, plan
from readiness.planning.rows_needed import ProofTarget, RowsNeeded, rows_of
from readiness.spec.schema import Spec
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess, compare
from readiness.statistics.costs import mean_cost_from_cells
from readiness.statistics.drift import numeric_drift
from readiness.statistics.estimators import measure
from readiness.statistics.sample_size import auc_rows, drift_rows, loss_rows


def spec_of(**parts) -> Spec:
    data = {"test": "nowhere.csv", "target": "y", "positive": 1, **parts.pop("data", {})}
    model = {"name": "m", "version": "1", "path": "nowhere.joblib"}
    return Spec.model_validate({"model": model, "data": {k: v for k, v in data.items() if v is not None}, **parts})


def requiring(metric: str, **limit) -> Spec:
    return spec_of(business={"requirements": [{"says": "so be it", "metric": metric, **limit}]})


def entries(spec: Spec, *assume: str, power: float = 0.8, key: str = ""):
    return [entry for entry in criteria_of(read_assumptions(spec, assume), power) if key in entry.key]


def entry(spec: Spec, *assume: str, key: str = "number 1", power: float = 0.8):
    (found,) = entries(spec, *assume, key=key, power=power)
    return found


def chance(n: int, truth: float, bar: float) -> float:
    """Brute force: all outcomes whose Clopper-Pearson bound exceeds the bar."""
    k = np.arange(1, n + 1)
    return float(stats.binom.pmf(k[stats.beta.ppf(0.05, k, n - k + 1) > bar], n, truth).sum())


def often(event, times: int) -> float:
    return float(np.mean([event() for _ in range(times)]))


class TestShares:
    """Exact: the rows named are the first from which the chance stays at 80 % or more; it moves in steps of up to 8 %."""

    @pytest.mark.parametrize(
        ("metric", "limit", "assumed", "truth", "bar", "share"),
        [
            ("recall", {"at_least": 0.95}, "recall=0.97", 0.97, 0.95, 0.02),
            ("specificity", {"at_least": 0.9}, "specificity=0.95", 0.95, 0.9, 0.98),
            ("false_positive_rate", {"at_most": 0.05}, "false_positive_rate=0.02", 0.98, 0.95, 0.98),
            ("accuracy", {"above": 0.8}, "accuracy=0.9", 0.9, 0.8, 1.0),
            ("precision", {"at_least": 0.8}, "precision=0.9", 0.9, 0.8, 0.02),
            ("f1", {"at_least": 0.8}, "f1=0.9", 0.9 / 1.1, 0.8 / 1.2, 0.022),
        ],
    )
    def test_the_rows_have_the_chance(self, metric, limit, assumed, truth, bar, share):
        """By enumeration with the model's true share; F1 through TP / (TP + FP + FN)."""
        found = rows_of(
            a := read_assumptions(requiring(metric, **limit), ["prevalence=0.02", assumed]),
            a.spec.metric(metric),
            ProofTarget(a.stated[metric], next(iter(limit.values())), 0.05, 0.8),
            wants_more="at_most" not in limit,
        )
        assert isinstance(found, RowsNeeded)
        assert 0.8 <= chance(found.rows, truth, bar) < 0.9
        assert chance(found.rows - 1, truth, bar) < 0.8
        assert share == pytest.approx(found.share)
        assert found.total == pytest.approx(found.rows / share, abs=1)

    def test_the_default_is_half_way(self):
        """Nobody says how good the recall will be: 0.975 is half-way from 0.95 to 1."""
        found = entry(requiring("recall", at_least=0.95), "prevalence=0.1")
        assert "assumed recall 0.975 (half-way between the limit and 1)" in found.assumed
        assert "rows with y = 1" in found.own
        assert found.rows == 10 * int(found.own.split()[0])

    def test_an_unknown_share_of_positives_is_said(self):
        """The positives are told, the rows that hold them are not."""
        found = entry(requiring("recall", at_least=0.95))
        assert found.rows is None
        assert "in how many rows is not known" in found.own

    def test_a_value_on_the_wrong_side_is_never_proven(self):
        """0.94 does not prove 0.95, however many rows there are."""
        assert "cannot be proven" in entry(requiring("recall", at_least=0.95), "recall=0.94").own

    def test_more_power_needs_more_rows(self):
        """95 % instead of 80 %."""
        few, many = (entry(requiring("accuracy", at_least=0.9), power=power).rows for power in (0.8, 0.95))
        assert few < many


class TestOthers:
    """Roughly: by simulation with the intervals that judge, seeded."""

    def test_roc_auc(self):
        """Scores as Hanley and McNeil had them: exponential, so that AUC = theta / (1 + theta)."""
        rng = np.random.default_rng(0)
        n = auc_rows(0.9, 0.85, 0.2)

        def proven() -> bool:
            y = (rng.random(n) < 0.2).astype(np.int64)
            score = rng.exponential(np.where(y == 1, 9.0, 1.0))
            return measure("roc_auc", Cases(Task.BINARY, y, y, score, 2, False)).lower(0.05) > 0.85

        assert 0.72 <= often(proven, 200) <= 0.9

    def test_mean_absolute_error(self):
        """Exponential errors of 40 on average against a limit of 50."""
        rng = np.random.default_rng(1)
        found = entry(requiring("mae", at_most=50), "mae=40")
        n = found.rows

        def proven() -> bool:
            return (
                measure("mae", Cases(Task.REGRESSION, np.zeros(n), rng.exponential(40, n), None, 2, False)).upper(0.05)
                < 50
            )

        assert loss_rows(40, 50, 40) == n
        assert any("as large as the mean" in part for part in found.assumed)
        assert 0.72 <= often(proven, 300) <= 0.88

    @pytest.mark.parametrize(("metric", "bar"), [("matthews_corrcoef", 0.7), ("f2", 0.7), ("balanced_accuracy", 0.85)])
    def test_other_label_metrics(self, metric, bar):
        """Recall and precision 0.8, one positive in ten."""
        rng = np.random.default_rng(2)
        a = read_assumptions(spec_of(), ["prevalence=0.1", "recall=0.8", "precision=0.8"])
        n = rows_of(a, a.spec.metric(metric), ProofTarget(level_of(a, metric).value, bar, 0.05, 0.8)).total

        def proven() -> bool:
            return measure(metric, drawn(rng, n, 0.1, 0.8, 0.8)).lower(0.05) > bar

        assert 0.7 <= often(proven, 100) <= 0.92

    def test_gain_over_a_guess(self):
        """F1 0.45 against 0.3 of guessing in proportion to the classes."""
        rng = np.random.default_rng(3)
        a = read_assumptions(spec_of(), ["prevalence=0.3", "recall=0.45", "precision=0.45"])
        found = gain_rows(a, Gain(a.spec.metric("f1"), "stratified", 1.0, 0.02), 0.05, 0.8).needed

        def proven() -> bool:
            gain = compare("f1", drawn(rng, found.total, 0.3, 0.45, 0.45), Guess((0.7, 0.3)))
            return gain.lower(0.05) > 0.02

        assert 0.65 <= often(proven, 80) <= 0.92

    def test_gain_over_the_current_model(self):
        """MAE 8 against 10, normal errors that correlate by a half, 5 % less required."""
        rng = np.random.default_rng(4)
        spec = spec_of(
            data={"positive": None, "task": "regression"}, baseline={"current": {"name": "old", "path": "o"}}
        )
        spread = np.sqrt(np.pi / 2 - 1)
        a = read_assumptions(spec, ["mae=8", f"mae_sd={8 * spread}", "current.mae=10", "correlation=0.25"])
        n = gain_rows(a, Gain(spec.metric("mae"), "current", 0.95, 0.0), 0.05, 0.8).needed.total

        def proven() -> bool:
            both = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n) * np.sqrt(np.pi / 2)
            mine, theirs = (
                Cases(Task.REGRESSION, np.zeros(n), k * both[:, i], None, 2, False) for i, k in enumerate((8.0, 10.0))
            )
            return compare("mae", mine, theirs, factor=0.95).lower(0.05) > 0

        assert 0.65 <= often(proven, 200) <= 0.95  # limits that correct for skewness take a few more rows than planned

    def test_savings(self):
        """A false alarm costs 10, a missed positive 60."""
        rng = np.random.default_rng(5)
        spec = spec_of(errors={"costs": {"false_positive": 10, "false_negative": 60}})
        found, constant = entries(spec, "prevalence=0.05", "recall=0.5", "precision=0.2", key="errors.costs")
        assert ("errors.costs", "errors.costs, constant") == (found.key, constant.key)
        assert constant.rows < found.rows  # 9.50 a row, where doing nothing costs 3

        def proven() -> bool:
            cells = drawn(rng, found.rows, 0.05, 0.5, 0.2).cells.ravel()
            return mean_cost_from_cells(cells, [0, -10, 0, 60], seed=0, draws=2000).lower(0.05) > 0

        assert 0.7 <= often(proven, 100) <= 0.92

    @pytest.mark.parametrize("limit", [0.1, 0.25])
    def test_drift(self, limit):
        """A feature without drift is proven to have none."""
        rng = np.random.default_rng(6)
        n = drift_rows(limit, 10)

        def proven() -> bool:
            return numeric_drift(rng.normal(size=n), rng.normal(size=n)).index.upper(0.05) <= limit

        assert 0.72 <= often(proven, 200) <= 0.9


def drawn(rng, n: int, prevalence: float, recall: float, precision: float) -> Cases:
    """Rows of a candidate with this recall and precision."""
    alarm = prevalence * recall * (1 - precision) / precision / (1 - prevalence)
    y = (rng.random(n) < prevalence).astype(np.int64)
    predicted = (rng.random(n) < np.where(y == 1, recall, alarm)).astype(np.int64)
    return Cases(Task.BINARY, y, predicted, None, 2, False)


class TestParts:
    """What each question asks for."""

    def test_every_baseline_has_a_line(self):
        """The trivial ones from the share of positives, the named ones by what is assumed of them."""
        baseline = {
            "rules": [{"name": "big. 1=1", "when": "x > 1"}],
            "current": {"name": "old", "path": "o"},
            "human": {"metric": "recall", "value": 0.7, "n": 50},
        }
        found = entries(
            spec_of(baseline=baseline),
            "prevalence=0.2",
            "f1=0.6",
            "recall=0.8",
            "big. 1=1.f1=0.4",
            "old.f1=0.5",
            key="baseline",
        )
        assert ["uniform", "majority", "stratified", "minority", "rule-1", "current", "human"] == [
            e.key.split(", ")[1] for e in found
        ]
        assert all(e.rows for e in found[:-1])
        assert "50 human cases alone" in found[-1].own

    def test_what_is_not_assumed_is_asked_for(self):
        """The line names the option that would answer it."""
        spec = spec_of(baseline={"current": {"name": "old", "path": "o", "test": "non_inferiority"}})
        found = entry(spec, "f1=0.8", key="baseline, current")
        assert "open: state --assume current.f1=…" == found.own
        assert 'F1 not worse than "old" by more than 0.02' == found.text

    def test_a_guess_in_closed_form(self):
        """With one positive in four, F1 of guessing in proportion is 0.25, of a coin 1/3, and of always yes 0.4."""
        found = entries(spec_of(), "prevalence=0.25", "f1=0.8", key="baseline")
        assert ["the other's 0.333", "the other's 0.000", "the other's 0.250", "the other's 0.400"] == [
            e.assumed[1].split(" (")[0] for e in found
        ]

    def test_segments_multiply(self):
        """50 rows at a level of 0.90 for each of three bins, of 2 · 2 crossed ones, of five assumed ones."""
        bins = {"column": "x", "bins": 3}
        crossed = [{"column": "x", "bins": [0]}, {"column": "t", "by": "weekend"}]
        spec = spec_of(data={"segments": [bins, crossed, "region"]}, segments={"metrics": ["accuracy"]})
        assert [150, 200, 250] == [e.rows for e in entries(spec, "segments=5", key="data.segments")]
        assert [150, 200, None] == [e.rows for e in entries(spec, key="data.segments")]

    def test_windows_only_with_time(self):
        """All of four windows: (0.3 · root(4 + 4/3) · (1.645 + 1.604) / 0.05)² rows, as the review counts them."""
        stability = {"windows": 4, "window_limit": 0.05}
        timed = spec_of(data={"time": "t"}, stability=stability, baseline={"metric": "accuracy"})
        assert 2028 == entry(timed, "accuracy=0.9", key="windows").rows
        assert [] == entries(spec_of(stability=stability), key="windows")

    def test_latency_needs_299_calls_at_least(self):
        """p99 with every call within the limit: 299 at one look; 459 at the first of five, which is after 500. More when
        some are slower; a rarer percentile or fewer looks say so.
        """
        once = spec_of(production={"latency_p99_ms": 100, "calls": 300})
        assert 300 == entry(once, "within=1", key="latency").rows
        assert (
            "at least 299 even if none is slower; the spec looks after 300 calls"
            in entry(once, "within=1", key="latency").own
        )
        spec = spec_of(production={"latency_p99_ms": 100})
        assert 500 == entry(spec, "within=1", key="latency").rows
        assert "at least 459 " in entry(spec, key="latency").own
        assert "after 500, 1,000, 2,000, 5,000, 10,000 calls" in entry(spec, key="latency").own
        assert entry(spec, key="latency").rows > 500
        rare = spec_of(production={"latency_p999_ms": 100, "calls": 4000})
        assert "so set production.calls to " in entry(rare, "within=1", key="latency").own
        assert 5000 == entry(spec_of(production={"latency_p999_ms": 100}), "within=1", key="latency").rows

    def test_requests_at_a_rate_take_their_time(self):
        """500 at 20 in a second take 25 seconds, more than the ten that are given."""
        spec = spec_of(production={"response_p99_ms": 100, "rate_per_second": 20})
        own = entry(spec, "within=1", key="response").own
        assert "at 20 requests in a second they take 25 seconds, so set production.call_seconds to 25" in own
        quick = spec_of(production={"response_p99_ms": 100, "rate_per_second": 200})
        assert "call_seconds" not in entry(quick, "within=1", key="response").own

    def test_what_is_measured_on_the_spot_needs_no_calls(self):
        """A size is that of the file."""
        assert "measured on the spot" in entry(requiring("size_mb", at_most=5)).own

    def test_churn_is_a_share(self):
        """Half of the limit of 10 %: the rows of 0.95 against 0.90."""
        assert 0.8 <= chance(entry(spec_of(), key="churn").rows, 0.95, 0.9) < 0.9
        assert "cannot be proven" in entry(spec_of(), "churn=0.2", key="churn").own

    def test_own_metrics_cannot_be_planned(self):
        """Nobody knows how they spread."""
        spec = spec_of(
            metrics={"profit": {"use": "a:b"}},
            business={"requirements": [{"says": "s", "metric": "profit", "at_least": 3}]},
        )
        assert "cannot be planned" in entry(spec, "profit=5").own

    def test_one_class_of_several(self):
        """The share of positives is then that of the class."""
        spec = spec_of(
            data={"positive": None, "classes": ["a", "b", "c"]},
            business={"requirements": [{"says": "s", "metric": "recall", "of_class": "a", "at_least": 0.9}]},
        )
        found = entry(spec, "prevalence=0.25", "recall=0.95")
        assert found.rows == 4 * int(found.own.split()[0])

    @pytest.mark.parametrize("task", list(Task))
    def test_no_metric_is_too_much(self, task):
        """Every metric of the catalogue is planned or says why not, with and without assumptions."""
        for name, metric in METRICS.items():
            if task not in metric.tasks or name in TECHNICAL:
                continue
            limit = {"at_least": 0.6} if metric.greater_is_better else {"at_most": 0.3}
            requirements = [
                {"says": "s", "metric": name, **limit},
                *(
                    {"says": "s", "metric": name, "at_least": 0.1, over: "current"}
                    for over in ("lift_over", "gain_over")
                ),
            ]
            spec = spec_of(
                data={"positive": 1 if task is Task.BINARY else None, "task": task, "segments": ["a"], "time": "t"},
                baseline={"metric": name, "current": {"name": "old", "path": "o"}},
                business={"requirements": requirements},
                segments={"metrics": [name]},
            )
            better, worse = (0.8, 0.5) if metric.greater_is_better else (0.1, 0.2)
            for assume in ((), (f"{name}={better}", f"current.{name}={worse}", "prevalence=0.2", "segments=3")):
                lines = plan(spec, assume)
                assert any("number 1" in line for line in lines), name
                assert "nan" not in " ".join(lines).split(), name


class TestWords:
    """What a person reads, and what is refused."""

    def test_the_last_lines_sum_up(self):
        """The most that any criterion asks for, which it is, and the chance of all."""
        spec = requiring("recall", at_least=0.95)
        most = entry(spec, "prevalence=0.02", "recall=0.97").rows
        lines = plan(spec, ["prevalence=0.02", "recall=0.97"])
        assert (
            f"All criteria that have a number need {most:,} test rows; business.requirements, number 1 asks for most."
            in lines
        )
        assert "all six questions succeed in only 26 % of cases" in lines[-2]
        assert "--power 0.95" in lines[-1]
        assert "--power" not in plan(spec, (), power=0.95)[-1]

    def test_open_is_not_impossible(self):
        """What waits for an assumption is open; what no number of rows proves is not possible."""
        lines = plan(requiring("recall", at_least=0.95), ["recall=0.9"])
        first = {line.split(": ")[0][14:]: line[:12].strip() for line in lines if line[12:14] == "  "}
        assert ("NOT POSSIBLE", "open") == (first["business.requirements, number 1"], first["baseline, uniform"])
        assert any("criteria cannot be proven by any number of rows" in line for line in lines)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("recal=0.9", 'did you mean "recall"?'),
            ("recall", "expected NAME=VALUE"),
            ("recall=much", "expected a number"),
            ("recall=1.2", "expected a share, 0 to 1"),
            ("prevalence=0", "above 0 and below 1"),
            ("segments=2.5", "2 or more"),
            ("curent.f1=0.5", 'did you mean "current"?'),
            ("latency_p99_ms=5", "nothing that this plan can use"),
            ("neg_mae=5", "name mae"),
            ("mae_sd=-1", "nothing that this plan can use"),
            ("f1_sd=-1", "expected 0 or more"),
            ("f1=nan", "expected a number"),
        ],
    )
    def test_what_cannot_be_assumed(self, text, said):
        """Plain words, and the name that was probably meant."""
        spec = spec_of(baseline={"current": {"name": "old", "path": "o"}})
        with pytest.raises(InputError) as refused:
            read_assumptions(spec, [text])
        assert said in str(refused.value)

    def test_twice_the_same_is_refused(self):
        """Also under another name of the metric."""
        with pytest.raises(InputError, match="twice"):
            read_assumptions(spec_of(), ["recall=0.9", "recall_score=0.8"])

    @pytest.mark.parametrize("power", [0.2, 1.0, float("nan")])
    def test_a_power_that_is_none(self, power):
        """A chance of certainty needs endless rows."""
        with pytest.raises(InputError, match="--power"):
            plan(spec_of(), power=power)


class TestCommand:
    """readiness plan: no file but the spec need exist."""

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (("--assume", "recall=0.97"), 0, "Rows that prove each criterion with a chance of 80 %"),
            (("--power", "0.95"), 0, "with a chance of 95 %"),
            (("--assume", "recal=1"), 2, "did you mean"),
            (("--power", "2"), 2, "--power"),
        ],
    )
    def test_exit_codes(self, words, code, said, tmp_path, capsys):
        """0 for a plan, 2 for what cannot be understood."""
        path = tmp_path / "readiness.yaml"
        path.write_text(
            "model: {name: m, version: '1', path: none.joblib}\ndata: {test: none.csv, target: y, positive: 1}\n"
        )
        with pytest.raises(SystemExit) as ended:
            cli.app(["plan", str(path), *words])
        captured = capsys.readouterr()
        assert code == ended.value.code
        assert said in captured.out + captured.err


@pytest.mark.parametrize(
    ("metric", "limit", "assumed"),
    [
        ("recall", {"at_least": 0.9}, ("recall=0.95", "prevalence=1e-320")),
        (
            "recall",
            {"above": 0.1, "lift_over": "majority"},
            ("recall=0.95", "majority.recall=0.5", "prevalence=1e-320"),
        ),
        ("log_loss", {"at_most": 0.5}, ("log_loss=1e200",)),
        ("rmse", {"at_most": 1e300}, ("rmse=1e200",)),
        ("mae", {"above": 0.1, "lift_over": "median"}, ("mae=1e-320", "median.mae=1e200")),
    ],
)
def test_numbers_beyond_counting_leave_the_plan_open(
    metric: str, limit: dict[str, object], assumed: tuple[str]
) -> None:
    """Whatever is assumed, a plan comes out; a number that is too large or too small ends its own part alone."""
    task = "regression" if metric in ("rmse", "mae") else "binary"
    data = {"task": task, "positive": 1 if task == "binary" else None, "segments": ["g"], "time": "t"}
    wanted = {"says": "so be it", "metric": metric, **limit}
    spec = spec_of(data=data, business={"requirements": [wanted]}, baseline={"metric": metric}, confidence=0.9999)
    found = entries(spec, *assumed)
    assert [entry for entry in found if "no count comes out" in entry.own]
    assert {"production.drift_limit"} <= {entry.key for entry in found}


def test_every_claim_that_rests_on_rows_is_in_the_plan():
    """What only a review can tell is listed as open, so that no sum passes for the whole; boxes and probes need none."""
    costs = {"costs": {"false_positive": 1, "false_negative": 9}, "value_per_prediction": 2}
    spec = spec_of(
        baseline={"current": {"name": "old <b>", "path": "old.joblib"}},
        segments={"fairness": {"demographic_parity_ratio": 0.8}},
        errors=costs,
        data={"segments": ["sex"]},
    )
    planned = {entry.key: entry for entry in entries(spec)}
    for key in ("errors.dearer", "segments.fairness"):
        assert planned[key].rows is None
        assert "only a review tells" in planned[key].own
    assert "baseline, current" in planned
    assert not any(key.startswith(("checklist", "production.must_handle")) for key in planned)
    assert any("criteria are open" in line for line in plan(spec))
