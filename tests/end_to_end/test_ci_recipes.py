"""The recipes for CI services tell the truth: they are valid, keep their secrets, and their steps do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import xmlschema
import yaml

from readiness.signing.keys import generate, write_key_pair

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"<!-- recipe: (\S+) -->\n```yaml\n(.*?)```", DOCS, re.DOTALL))
GITHUB, GITLAB = ".github/workflows/readiness.yml", ".gitlab-ci.yml"
SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "cli" / "junit.xsd"))

SHIM = """#!{python}
import os, sys
from pathlib import Path
if "--passphrase-fd" in sys.argv:
    Path("passphrase.seen").write_text(os.fdopen(int(sys.argv[sys.argv.index("--passphrase-fd") + 1])).read())
    Path("stdin.seen").write_text(sys.stdin.read())
Path("environment.seen").write_text(repr(dict(os.environ)))
with Path("commands.seen").open("a") as file:
    file.write(repr(sys.argv[1:]) + "\\n")
"""


@pytest.fixture(scope="module")
def github() -> dict[str, Any]:
    return yaml.safe_load(RECIPES[GITHUB])


@pytest.fixture(scope="module")
def gitlab() -> dict[str, Any]:
    return yaml.safe_load(RECIPES[GITLAB])


@pytest.mark.parametrize(("name", "schema"), [(GITHUB, "vendor.github-workflows"), (GITLAB, "vendor.gitlab-ci")])
def test_a_recipe_is_valid(name: str, schema: str, tmp_path: Path) -> None:
    """By the schema of its service."""
    path = tmp_path / "recipe.yml"
    path.write_text(RECIPES[name])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_actions_are_pinned_and_rights_are_few(github: dict[str, Any]) -> None:
    """Three actions of GitHub's own, each by its commit with its version beside it; nothing may be written."""
    used = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+\n", RECIPES[GITHUB])
    assert RECIPES[GITHUB].count("uses:") == len(used)
    assert {"actions/checkout", "actions/setup-python", "actions/upload-artifact"} == {name for name, _ in used}
    assert 3 == len(set(used))
    assert {"contents": "read"} == github["permissions"]
    assert not any("permissions" in job for job in github["jobs"].values())
    for job in github["jobs"].values():
        assert job["steps"][0]["with"]["persist-credentials"] is False


def test_secrets_are_out_of_reach_of_requests(github: dict[str, Any], gitlab: dict[str, Any]) -> None:
    """Only the signing job, on a protected branch and in an environment, names a secret; no script has an expression."""
    jobs = github["jobs"]
    assert "secrets." not in yaml.safe_dump(jobs["review"])
    assert ("model-signing", True) == (jobs["sign"]["environment"], "refs/heads/main" in jobs["sign"]["if"])
    assert "pull_request" not in jobs["sign"]["if"]
    holding = [step["name"] for step in jobs["sign"]["steps"] if "secrets." in yaml.safe_dump(step)]
    assert ["Key"] == holding
    assert not [step for job in jobs.values() for step in job["steps"] if "${{" in step.get("run", "")]
    assert "READINESS_" not in yaml.safe_dump([gitlab["review"], gitlab[".readiness"]])
    assert 'CI_COMMIT_REF_PROTECTED == "true"' in gitlab["sign"]["rules"][0]["if"]
    assert "cache" not in gitlab["sign"]
    assert "cache" not in jobs["sign"]["steps"][1]["with"]


@pytest.fixture
def project(tmp_path: Path, review_files: Callable[..., Path]) -> Path:
    """A small project with everything that the recipes name."""
    review_files({"stability": {"repeats": 2, "folds": 3, "budget_seconds": 20}, "production": {"call_seconds": 1}})
    (tmp_path / "keys").mkdir()
    (tmp_path / "runner").mkdir()
    key = generate("ecdsa-p256")
    write_key_pair(key, tmp_path / "runner" / "risk.pem", b"open sesame")
    (tmp_path / "runner" / "risk.pub").rename(tmp_path / "keys" / "risk.pub")
    (tmp_path / "runner" / "passphrase").write_text("open sesame\n")
    return tmp_path


def shell(lines: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the services do: bash, which ends at the first command that fails."""
    search = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI"))}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", lines],
        cwd=folder,
        env={**kept, "PATH": search, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def steps(job: Mapping[str, Any]) -> dict[str, str]:
    """The shell steps of a job on GitHub but for the installation."""
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step and step["name"] != "Install"}


def put_shim(folder: Path) -> None:
    """Stands for readiness where only the shell is on trial: writes down how it was called."""
    (folder / "bin").mkdir()
    (folder / "bin" / "readiness").write_text(SHIM.format(python=sys.executable))
    (folder / "bin" / "readiness").chmod(0o700)


def seen(folder: Path) -> list[list[str]]:
    return [eval(line) for line in (folder / "commands.seen").read_text().splitlines()]


@pytest.mark.slow
def test_the_signing_job_on_github_signs(github: dict[str, Any], project: Path) -> None:
    """The whole job but its installation, with a real review: report, test results and summary are there and right."""
    job, runner = github["jobs"]["sign"], project / "runner"
    own = {"RUNNER_TEMP": str(runner), "GITHUB_SHA": "1e5" + "0" * 37, "MODEL": "model.joblib"}
    own["GITHUB_STEP_SUMMARY"] = str(project / "step-summary")
    (project / "step-summary").write_text("what another command wrote\n")
    secrets = {"KEY": (runner / "risk.pem").read_text(), "PASSPHRASE": "open sesame"}
    told = steps(job)

    made = shell(told["Key"], project, **own, **secrets)
    assert 0 == made.returncode, made.stderr
    assert (0o700, 0o600, 0o600) == tuple(
        (runner / "signing" / name).stat().st_mode & 0o777 for name in ("", "risk.pem", "passphrase")
    )
    reviewed = shell(told["Review"], project, **own)
    assert reviewed.returncode in (0, 1, 3), reviewed.stderr
    assert not (runner / "signing" / "passphrase").exists()
    verified = shell(told["Verify"], project, **own)
    assert (0, True) == (verified.returncode, f"small {own['GITHUB_SHA']}" in verified.stdout), verified.stderr
    assert 0 == shell(told["Remove the key"], project, **own).returncode
    assert not (runner / "signing").exists()

    SCHEMA.validate(str(project / "report" / "junit.xml"))
    summary = (project / "step-summary").read_text()
    assert summary.startswith("what another command wrote\n\n\n## Test result: ")
    assert "Signed by `SHA256:" in summary
    assert "open sesame" not in summary + reviewed.stdout + reviewed.stderr + verified.stdout


def test_the_review_job_on_github(github: dict[str, Any], project: Path) -> None:
    """The step holds a command that is called as it is meant, without a key."""
    put_shim(project)
    done = shell(
        steps(github["jobs"]["review"])["Review"],
        project,
        MODEL="my model.joblib",
        GITHUB_SHA="12",
        GITHUB_STEP_SUMMARY="the summary",
    )
    assert 0 == done.returncode, done.stderr
    (called,) = seen(project)
    assert ["run", "readiness.yaml", "--set", "model.path=my model.joblib", "--set", "model.version='12'"] == called[:6]
    assert "the summary" == called[called.index("--summary") + 1]
    assert "--key" not in called


def test_the_signing_job_on_gitlab_hands_over_the_passphrase(gitlab: dict[str, Any], project: Path) -> None:
    """Through the open file and nothing else; afterwards neither key nor passphrase is left."""
    put_shim(project)
    files = {"READINESS_KEY": "runner/risk.pem", "READINESS_PASSPHRASE": "runner/passphrase"}
    script = "\n".join(gitlab["sign"]["script"])
    done = shell(script, project, MODEL="model.joblib", CI_COMMIT_SHA="12", **files)
    assert 0 == done.returncode, done.stderr
    assert 0o600 == (project / "risk.pem").stat().st_mode & 0o777
    assert ("open sesame\n", "") == tuple((project / f"{name}.seen").read_text() for name in ("passphrase", "stdin"))
    assert "open sesame" not in (project / "environment.seen").read_text() + (project / "commands.seen").read_text()
    assert ["run", "verify"] == [words[0] for words in seen(project)]
    assert [] == list((project / "runner").iterdir())
    assert 0 == shell("\n".join(gitlab["sign"]["after_script"]), project).returncode
    assert not (project / "risk.pem").exists()


def test_a_failing_review_on_gitlab_leaves_its_test_results(gitlab: dict[str, Any], project: Path) -> None:
    """The job ends with the review's own code, and its artifact tells what was wrong."""
    (project / "test.parquet").unlink()
    done = shell("\n".join(gitlab["review"]["script"]), project, MODEL="model.joblib", CI_COMMIT_SHA="12")
    assert 2 == done.returncode
    found = SCHEMA.to_dict(str(project / gitlab[".readiness"]["artifacts"]["reports"]["junit"]))
    (case,) = found["testsuite"][0]["testcase"]
    assert "test.parquet" in case["error"]["$"]
    assert "test.parquet" in (project / "report" / "summary.md").read_text()


def test_every_option_exists() -> None:
    """Each option on the page is one of a command of ours, or of pip."""
    from typer.testing import CliRunner

    from readiness.cli import app

    helps = "".join(CliRunner().invoke(app, [command, "--help"]).output for command in ("run", "show", "verify"))
    told = set(re.findall(r"(?<![\w-])--[a-z-]+(?=[ `])", DOCS))
    assert len(told) > 10
    assert {"--no-cache-dir", "--generate-hashes"} >= {option for option in told if option not in helps}
