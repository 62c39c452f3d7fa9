"""A report whose parts contradict each other. No command shows its verdict, whether or not somebody signed it."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from readiness.core import canonical
from readiness.core.findings import Answer, Status
from readiness.report.compare.read import overview
from readiness.signing.keys import generate, write_key_pair
from readiness.signing.layout import Parts, join, split
from readiness.signing.reports import sign_report
from readiness.verdict.decision import Decision, Verdict, decide
from readiness.verdict.record import Record
from tests.report.compare.files import report_file
from tests.report.page import records

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]
Edit = Callable[[dict[str, Any]], Any]


def claims_ready(record: Record) -> Record:
    """NOT READY, called READY."""
    ready = records.ready()
    return dataclasses.replace(record, verdict=Verdict.READY, decision=ready.decision)


def called_met(answer: Answer) -> Answer:
    """The answer with a status that its findings do not give, which no code of this program makes."""
    false = dataclasses.replace(answer)
    object.__setattr__(false, "status", Status.MET)
    return false


def answers_yes(record: Record) -> Record:
    """Every answer says yes over findings that do not, and the decision fits the answers."""
    answers = tuple(map(called_met, record.answers))
    decision = decide([records.ready().answer(answer.question) for answer in answers])
    return dataclasses.replace(record, answers=answers, verdict=decision.verdict, decision=decision)


def findings_met(record: Record) -> Record:
    """Every finding says *met* over bounds that do not."""
    answers = tuple(
        dataclasses.replace(
            answer, findings=tuple(dataclasses.replace(finding, status=Status.MET) for finding in answer.findings)
        )
        for answer in record.answers
    )
    return dataclasses.replace(answers_yes(record), answers=answers)


def not_ready_over_six_times_met(_record: Record) -> Record:
    """The other way round: six times *met* and the verdict NOT READY, which no sentence has words for."""
    record = records.ready()
    return dataclasses.replace(record, verdict=Verdict.NOT_READY, decision=Decision(Verdict.NOT_READY))


def without_end(record: Record) -> Record:
    """A last day that cannot be told, so that it would never come."""
    run = dataclasses.replace(record.run, finished="one day")
    return dataclasses.replace(records.ready(), about={"valid_days": 180}, run=run)


LIES = (claims_ready, answers_yes, findings_met, not_ready_over_six_times_met, without_end)
COMMANDS = {
    "show": ("show", "lie/report.html"),
    "show as JSON": ("show", "lie/report.html", "--json"),
    "show as Markdown": ("show", "lie/report.html", "--format", "markdown"),
    "show as JUnit": ("show", "lie/report.html", "--format", "junit"),
    "card": ("card", "lie/report.html", "README.md"),
    "card as JSON": ("card", "lie/report.html", "--format", "json"),
    "compare": ("compare", "good.html", "lie/report.html"),
    "compare, the other way round": ("compare", "lie/report.html", "good.html"),
    "verify": ("verify", "lie/report.html", "--key", "k.pub"),
}


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A function that writes a report which contradicts itself; the commands run in its folder's parent."""
    key = generate("ed25519")
    write_key_pair(key, tmp_path / "k.pem", None)
    report_file(tmp_path / "good.html", records.ready())
    monkeypatch.chdir(tmp_path)

    def write(lie: Callable[[Record], Record], *, signed: bool) -> Path:
        return report_file(tmp_path / "lie" / "report.html", lie(records.not_ready()), key if signed else None)

    return write


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("lie", LIES)
def test_no_command_shows_it(
    told: Callable[..., Path], run: Run, lie: Callable[[Record], Record], signed: bool
) -> None:
    """Each ends with 5 and one plain sentence, prints nothing of it, and writes nothing."""
    told(lie, signed=signed)
    for name, words in COMMANDS.items():
        if name == "verify" and not signed:
            continue
        code, said, complained = run(*words)
        assert (5, "") == (code, said), name
        assert "READY" not in complained.partition("says ")[0], name
        assert complained.startswith("Error: "), name
        assert "fault of readiness" not in complained, name
    assert not Path("README.md").exists()


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("lie", LIES)
def test_the_overview_lists_it_as_not_readable(
    told: Callable[..., Path], run: Run, tmp_path: Path, lie: Callable[[Record], Record], signed: bool
) -> None:
    """With the reason; the reports beside it are listed as ever."""
    told(lie, signed=signed)
    report_file(tmp_path / "good" / "report.html", records.ready())
    found = overview(tmp_path, today=datetime.date(2026, 11, 23))
    assert ["good/report.html"] == [entry.path.as_posix() for entry in found.entries]
    assert ["lie/report.html"] == [each.path.as_posix() for each in found.unreadable]
    assert found.unreadable[0].reason
    code, said, _ = run("index", ".", "--text")
    assert 0 == code
    assert found.unreadable[0].reason in said


def edited(path: Path, edit: Edit) -> None:
    """Change the plain record of an unsigned report, as a text editor would."""
    parts = split(path.read_bytes())
    claim = json.loads(parts.record)
    edit(claim["predicate"])
    claim["subject"][0]["digest"]["sha256"] = hashlib.sha256(parts.content).hexdigest()
    path.write_bytes(join(Parts(parts.content, canonical.dumps(claim), "unsigned")))


EDITS: dict[str, Edit] = {
    "the verdict": lambda record: record.update(verdict="ready"),
    "an answer": lambda record: next(a for a in record["answers"] if a["status"] != "met").update(status="met"),
    "an answer is missing": lambda record: record["answers"].pop(),
    "an answer twice": lambda record: record["answers"].append(record["answers"][0]),
    "no answers": lambda record: record.update(answers=[]),
    "a finding twice": lambda record: record["answers"][0]["findings"].append(record["answers"][0]["findings"][0]),
    "a finding is missing": lambda record: record["answers"][1]["findings"].clear(),
    "a bar": lambda record: next(
        finding for finding in record["answers"][1]["findings"] if "criterion" in finding and finding["status"] != "met"
    )["criterion"].update(threshold="0.000001"),
    "another rule": lambda record: record.update(rule="none"),
    "no decision": lambda record: record.update(decision={"verdict": "ready"}),
    "days that are none": lambda record: record["about"].update(valid_days="many"),
    "days without end": lambda record: record["about"].update(valid_days=10**9),
    "no day": lambda record: record["about"].update(valid_days=0),
    "a flag for days": lambda record: record["about"].update(valid_days=True),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_record_is_refused(told: Callable[..., Path], run: Run, edit: Edit) -> None:
    """Whatever is changed by hand, `show` ends with 5 in words, and so do the others."""
    path = report_file(Path("lie/report.html"), records.not_ready())
    edited(path, edit)
    for words in (("show", path), ("card", path, "README.md"), ("compare", "good.html", path)):
        code, said, complained = run(*words)
        assert (5, "") == (code, said), words
        assert "fault of readiness" not in complained


def test_what_is_true_is_still_shown(told: Callable[..., Path], run: Run) -> None:
    """The counter-test: the same records, untouched."""
    for number, record in enumerate((records.ready(), records.not_ready(), records.regression())):
        path = report_file(Path(f"true/{number}.html"), record)
        edited(path, lambda _record: None)
        assert 0 == run("show", path)[0]
        path.write_bytes(sign_report(path.read_bytes(), generate()))
        assert 0 == run("show", path)[0]
