"""The kernel is always this interpreter, sees no secrets, and leaves nothing behind; failures end in plain words."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

import readiness
from readiness.cli.terminal import Lines
from readiness.core.environment import OURS, PLACES, candidate_environment, name_fault
from readiness.core.errors import DataError, KernelError
from readiness.core.findings import Status
from readiness.run.executed import read_template
from readiness.run.execution import Execution, _error_of_cell, _Watch, execute
from readiness.run.kernel_manager import Setting, started_kernel
from readiness.run.progress import Progress, Silent

NOTEBOOKS = Path(__file__).parent / "notebooks"
PARAMETERS = {
    "spec_path": "/a {b}/readiness.yaml",
    "options": {"sha256": "0" * 64, "nonce": "n" * 32},
}


def walk(name: str, folder: Path, *, seconds: float = 60, progress: Progress | None = None) -> Execution:
    template = read_template(NOTEBOOKS / f"{name}.ipynb")
    with started_kernel(Setting(folder)) as kernel:
        return execute(template, PARAMETERS, kernel=kernel, seconds=seconds, progress=progress or Silent())


def printed(execution: Execution) -> str:
    return "".join(
        output.text for cell in execution.notebook.cells for output in cell.get("outputs", []) if "text" in output
    )


class TestEnvironment:
    @pytest.mark.parametrize(
        "name",
        ["OPENAI", "SLACK_WEBHOOK", "HOME", "API_KEY", "AWS_PROFILE", "SSH_AUTH_SOCK", "MPLBACKEND", "PYTHONSTARTUP"],
    )
    def test_what_is_not_on_the_list_stays_behind(self, name: str) -> None:
        """A secret can have any name, so names are passed on, not held back."""
        assert OURS == candidate_environment({name: "x"})

    def test_what_is_needed_stays(self) -> None:
        """Paths, languages and thread settings are kept; hashes and places to import from are settled by us."""
        given = {"PATH": "/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "2", "OPENBLAS_CORETYPE": "Haswell"}
        assert given | OURS == candidate_environment(given | {"PYTHONHASHSEED": "7"})

    def test_what_the_spec_names_is_passed_on(self) -> None:
        """Only where it is set."""
        assert OURS | {"REGION": "eu"} == candidate_environment(
            {"REGION": "eu", "OTHER": "x"}, named=["REGION", "UNSET"]
        )

    @pytest.mark.parametrize("name", PLACES)
    def test_no_search_path_leads_to_the_folder_of_the_spec(
        self, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nor to wherever a process happens to run: neither for modules, nor for programs and libraries."""
        monkeypatch.chdir(tmp_path)
        elsewhere = str(tmp_path / "lib")
        given = {name: os.pathsep.join(["", ".", "lib", str(tmp_path), str(tmp_path / "x" / ".."), elsewhere])}
        assert OURS | {name: elsewhere} == candidate_environment(given, folder=tmp_path)

    def test_every_process_finds_this_very_copy_of_the_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where a relative place leads to it, or the spec lies beside it."""
        root = Path(readiness.__file__).resolve().parents[1]
        monkeypatch.chdir(root)
        assert str(root) == candidate_environment({"PYTHONPATH": "."}, folder=root)["PYTHONPATH"]
        assert "PATH" not in candidate_environment({"PATH": "."}, folder=root)

    @pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "READINESS_GO", "A=B", "", "2X"])
    def test_no_spec_names_what_decides_which_code_is_run(self, name: str) -> None:
        """It would undo the list."""
        assert name_fault(name)


@pytest.fixture(scope="module")
def looked_around(tmp_path_factory: pytest.TempPathFactory) -> tuple[Execution, Path, str]:
    """One run with a foreign kernel on JUPYTER_PATH, a secret and a backend in the environment."""
    folder = tmp_path_factory.mktemp("a {brace} folder")
    foreign = folder / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {"argv": ["/nowhere/python", "-f", "{connection_file}"], "display_name": "x", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(spec))
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
        patch.setenv("MY_API_KEY", "secret-value")
        patch.setenv("MPLBACKEND", "agg")
        return walk("looks_around", folder, progress=Lines(told)), folder, told.getvalue()


class TestKernel:
    @pytest.mark.slow
    def test_it_is_this_interpreter_whatever_is_installed(self, looked_around: tuple[Execution, Path, str]) -> None:
        """A foreign python3 on JUPYTER_PATH, which plain papermill dies of, changes nothing."""
        execution, folder, _ = looked_around
        assert execution.failure is None
        seen = json.loads(printed(execution))
        assert sys.executable == seen["python"]
        assert str(folder) == seen["folder"]

    @pytest.mark.slow
    def test_it_has_imported_the_program_before_the_first_cell(
        self, looked_around: tuple[Execution, Path, str]
    ) -> None:
        """And leaves no name of that: a template that forgets its own import fails here as it does elsewhere."""
        seen = json.loads(printed(looked_around[0]))
        assert "readiness.reviews.opening" in seen["modules"]
        assert not {"readiness", "gc"} & {*seen["names"]}
        assert seen["collects"]

    @pytest.mark.slow
    def test_it_does_not_see_secrets(self, looked_around: tuple[Execution, Path, str]) -> None:
        """Neither the secret nor the backend that would hide every figure reach the kernel."""
        seen = json.loads(printed(looked_around[0]))["environment"]
        assert "MY_API_KEY" not in seen
        assert "secret-value" not in seen.values()
        assert "0" == seen["PYTHONHASHSEED"]
        assert "agg" != seen.get("MPLBACKEND")
        assert "readiness-ipython-" in seen["IPYTHONDIR"]
        assert not Path(seen["IPYTHONDIR"]).exists()

    @pytest.mark.slow
    def test_parameters_arrive_as_they_are(self, looked_around: tuple[Execution, Path, str]) -> None:
        """Braces in a path are no placeholders, and the injected cell has a stable name."""
        cell = next(c for c in looked_around[0].notebook.cells if "injected-parameters" in c.metadata.get("tags", []))
        assert "injected-parameters" == cell.id
        assert 'spec_path = "/a {b}/readiness.yaml"' in cell.source

    @pytest.mark.slow
    def test_the_kept_notebook_holds_no_copy_of_the_template(self, looked_around: tuple[Execution, Path, str]) -> None:
        """Papermill would keep the whole input notebook in the metadata."""
        kept = json.loads(looked_around[0].content())
        assert "looks_around.ipynb" == kept["metadata"]["papermill"]["input_path"]

    @pytest.mark.slow
    def test_progress_names_the_parts_and_the_answers(self, looked_around: tuple[Execution, Path, str]) -> None:
        """One line for each heading with code below it, with the answer where there is one."""
        lines = looked_around[2].splitlines()
        assert ["Starting", "1. Does it beat the alternatives?", "The end"] == [
            line.split("  ")[0].strip() for line in lines
        ]
        assert lines[1].endswith(f"s  {Status.MET.words}")
        assert lines[2].endswith("s  done")

    @pytest.mark.slow
    def test_it_takes_its_children_along(self, tmp_path: Path) -> None:
        """Processes that the candidate started end with the kernel, also those that left its group."""
        pids = [int(word) for word in printed(walk("leaves_children", tmp_path)).split()]
        assert 2 == len(pids)
        while any(psutil.pid_exists(pid) and _runs(pid) for pid in pids):  # for ten minutes, if nobody ended them
            time.sleep(0.05)

    def test_papermill_finds_the_engine(self) -> None:
        """`papermill --engine readiness` uses the same kernel."""
        from papermill.engines import papermill_engines

        from readiness.run.kernels import ReadinessEngine

        assert papermill_engines.get_engine("readiness") is ReadinessEngine


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


WHERE = 'The notebook stopped in the part "1. Does it beat the alternatives?": '


class TestFailures:
    def test_a_process_that_cannot_be_started(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Said in words, and nothing of it is left behind."""

        def refuse(*_: object, **__: object) -> None:
            raise OSError(24, "Too many open files")

        monkeypatch.setattr("jupyter_client.provisioning.local_provisioner.launch_kernel", refuse)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        said = pytest.raises(KernelError, match="could not be started: Too many open files")
        with said, started_kernel(Setting(tmp_path)):
            pytest.fail("there is no kernel")
        assert not [*tmp_path.iterdir()]

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("raises", "ZeroDivisionError: division by zero"),
            ("dies", "the process that computes the review ended with the exit status 3."),
            ("exits", "something in it called sys.exit(0)."),
            ("lacks_memory", "the machine has too little memory for it."),
            pytest.param("is_killed", "the process that computes the review was ended by SIGKILL.", marks=pytest.mark.skipif(
                os.name != "posix", reason="needs signals")),
        ],
    )  # fmt: skip
    def test_each_says_where_and_what(self, name: str, said: str, tmp_path: Path) -> None:
        """The part of the notebook, what happened, no traceback."""
        failure = walk(name, tmp_path).failure
        assert isinstance(failure, KernelError)
        assert WHERE + said == failure.message
        assert failure.remedy

    @pytest.mark.slow
    def test_the_time_for_all_cells_together_is_limited(self, tmp_path: Path) -> None:
        """A cell that runs longer than the review may take is stopped with its kernel."""
        failure = walk("runs_long", tmp_path, seconds=2).failure
        assert isinstance(failure, KernelError)
        assert f"{WHERE}the review took longer than the 0.0333 minutes that it may take." == failure.message

    @pytest.mark.slow
    def test_errors_of_ours_keep_their_kind(self, tmp_path: Path) -> None:
        """Bad data found in the kernel is bad input for the command too."""
        failure = walk("refuses_data", tmp_path).failure
        assert isinstance(failure, DataError)
        assert ("The column amount is missing.", "Add it.") == (failure.message, failure.remedy)

    @pytest.mark.parametrize("name", ["UnsignedReport", "InvalidReport", "ReportError", "ReadinessError"])
    def test_a_cell_says_nothing_about_a_report(self, name: str) -> None:
        """There is no report yet, whatever a template calls its errors; the exit code stays that of a failed review."""
        failure = _error_of_cell(name, "said", _Watch(Silent(), None))
        assert isinstance(failure, KernelError)
        assert 4 == failure.exit_code

    @pytest.mark.parametrize(("name", "exit_code"), [("SpecError", 2), ("ScoringError", 4), ("IncompleteRecord", 4)])
    def test_errors_of_input_and_review_keep_their_exit_code(self, name: str, exit_code: int) -> None:
        """These are what a cell can know of."""
        failure = _error_of_cell(name, "said", _Watch(Silent(), None))
        assert (name, exit_code) == (type(failure).__name__, failure.exit_code)

    @pytest.mark.slow
    def test_progress_says_where_it_stopped(self, tmp_path: Path) -> None:
        """The last line says that this part did not end well."""
        told = io.StringIO()
        walk("raises", tmp_path, progress=Lines(told))
        assert told.getvalue().splitlines()[-1].endswith("s  stopped")
