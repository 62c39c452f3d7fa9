"""An overview holds every report below a folder once, the newest first, and trips over none."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
from pathlib import Path

import pytest

from readiness.core import canonical
from readiness.core.errors import InputError
from readiness.core.findings import Status
from readiness.report.compare.entries import counted, day_words, standing_words
from readiness.report.compare.page import overview_page
from readiness.report.compare.read import Overview, overview
from readiness.report.compare.text import overview_text
from readiness.signing.keys import PrivateKey, generate
from readiness.signing.layout import Parts, join, split
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record
from tests.report.compare.files import report_file, with_facts
from tests.report.page import records

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return generate("ed25519")


def made(finished: str, version: str = "1") -> Record:
    return with_facts(records.ready(), finished=finished, version=version)


def paths(found: Overview) -> list[str]:
    return [entry.path.as_posix() for entry in found.entries]


def test_the_newest_comes_first(tmp_path: Path) -> None:
    """By when a review was finished, whatever its zone; equal ones by their path, and what is no time comes last."""
    for name, finished in (
        ("old", "2026-01-01T00:00:00Z"), ("b", "2026-11-22T12:00:00Z"), ("a", "2026-11-22T13:00:00+01:00"),
        ("new", "2026-11-22T12:00:00-05:00"), ("never", "yesterday"),
    ):  # fmt: skip
        report_file(tmp_path / name / "report.html", dataclasses.replace(made(finished), about={}))

    assert [f"{n}/report.html" for n in ("new", "a", "b", "old", "never")] == paths(overview(tmp_path, today=TODAY))


def test_earlier_and_partial_reports_are_listed(tmp_path: Path) -> None:
    """A report that was moved aside counts, and so does a partial one; other pages do not."""
    for name in ("report.html", "report.0123456789ab.html", "partial.html", "index.html", "report.old.html", "x.html"):
        report_file(tmp_path / name, records.ready())

    found = overview(tmp_path, today=TODAY)
    assert ["partial.html", "report.0123456789ab.html", "report.html"] == sorted(paths(found))
    assert () == found.unreadable


def test_what_is_no_report_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Damaged, foreign, empty and special files are told, and the others are still there."""
    report_file(tmp_path / "good" / "report.html", records.ready())
    whole = (tmp_path / "good" / "report.html").read_bytes()
    for name, data in (("cut", whole[:-9]), ("foreign", b"<html></html>\n"), ("empty", b""), ("nul", b"\0\xff")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_bytes(data)
    (tmp_path / "folder" / "report.html").mkdir(parents=True)
    os.mkfifo(tmp_path / "report.html")
    found = overview(tmp_path, today=TODAY)

    assert ["good/report.html"] == paths(found)
    assert ["cut", "empty", "foreign", "nul"] == sorted(each.path.parts[0] for each in found.unreadable)[:4]
    assert all(each.reason for each in found.unreadable)
    assert "1 report, 5 files not readable as a report" == counted(found)


@pytest.mark.parametrize("answers", ["verdict", "missing"])
def test_a_verdict_that_does_not_follow_from_the_answers_is_refused(tmp_path: Path, answers: str) -> None:
    """READY over an answer that is no, or without all six answers, is not shown as a report."""
    record = records.ready()
    no = next(answer for answer in records.not_ready().answers if answer.status is Status.NOT_MET)
    others = tuple(answer for answer in record.answers if answer.question is not no.question)
    changed = (*others, no) if answers == "verdict" else others
    report_file(tmp_path / "report.html", dataclasses.replace(record, answers=changed))
    found = overview(tmp_path, today=TODAY)

    assert ((), 1) == (found.entries, len(found.unreadable))
    assert record.verdict is Verdict.READY


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    """A link to a report elsewhere is not followed, neither is a linked folder; one within the folder is."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    report_file(outside / "report.html", records.ready())
    report_file(inside / "a" / "report.html", records.ready())
    (inside / "b").mkdir()
    (inside / "b" / "report.html").symlink_to(inside / "a" / "report.html")
    (inside / "report.html").symlink_to(outside / "report.html")
    (inside / "folder").symlink_to(outside)
    (inside / "c").symlink_to(inside)

    assert ["a/report.html", "b/report.html"] == sorted(paths(overview(inside, today=TODAY)))


def test_a_report_runs_out(tmp_path: Path) -> None:
    """180 days from 22 November 2026 end on 21 May 2027; that day still holds."""
    report_file(tmp_path / "report.html", records.ready())
    last = datetime.date(2027, 5, 21)
    (holds,), (over,) = (overview(tmp_path, today=last + datetime.timedelta(days=d)).entries for d in (0, 1))

    assert day_words(holds).endswith("valid until 21 May 2027")
    assert day_words(over).endswith("EXPIRED on 21 May 2027")


def test_days_are_written_in_one_style_and_nothing_is_said_of_what_is_not_stated(tmp_path: Path) -> None:
    """The day alone, as in every report; no validity where the spec says none."""
    record = with_facts(dataclasses.replace(records.ready(), about={}), finished="2026-09-22T23:30:00-01:00")
    report_file(tmp_path / "report.html", record)
    found = overview(tmp_path, today=TODAY)

    assert day_words(found.entries[0]).endswith("made 23 September 2026")
    page = overview_page(found, tmp_path, tmp_path / "index.html").decode()
    assert "not stated" not in page
    assert "23 September 2026" in page


def test_who_signed_is_proven_only_by_a_key(tmp_path: Path, key: PrivateKey) -> None:
    """Unsigned, signed, verified, and signed by somebody else."""
    report_file(tmp_path / "a" / "report.html", made("2026-11-22T12:00:00Z"))
    report_file(tmp_path / "b" / "report.html", made("2026-11-21T12:00:00Z"), key)

    def said(*keys: PrivateKey) -> list[str]:
        found = overview(tmp_path, [each.public for each in keys], today=TODAY)
        return [standing_words(entry).partition("; ")[2] for entry in found.entries]

    brief = key.public.keyid[:19]
    assert ["UNSIGNED: anybody could have written it", f"signed with {brief}…, verified"] == said(key)
    assert f"says to be signed with {brief}…, not verified here" == said()[1]
    assert f"says to be signed with {brief}…, not verified here" == said(generate("ed25519"))[1]


def test_a_signed_report_that_does_not_verify_says_so(tmp_path: Path, key: PrivateKey) -> None:
    """The right key, and a signature over another record: who signed it is asked of the key at hand."""
    path = report_file(tmp_path / "report.html", records.ready(), key)
    other = report_file(tmp_path / "other" / "x.html", records.not_ready(), key)
    records_of = [json.loads(file.read_bytes().splitlines()[-2]) for file in (path, other)]
    records_of[0][0]["dsseEnvelope"]["signatures"] = records_of[1][0]["dsseEnvelope"]["signatures"]
    content = split(path.read_bytes()).content
    path.write_bytes(join(Parts(content, canonical.dumps(records_of[0]), "signatures")))
    (entry,) = overview(tmp_path, [key.public], today=TODAY).entries

    assert entry.signature.startswith("DOES NOT VERIFY: ")


def test_an_empty_folder_has_no_candidates(tmp_path: Path) -> None:
    """Nothing there is no error; no folder is."""
    found = overview(tmp_path, today=TODAY)

    assert "0 reports" == counted(found)
    assert b"There is no report here yet." in overview_page(found, tmp_path, tmp_path / "index.html")
    with pytest.raises(InputError, match="is not a folder"):
        overview(tmp_path / "nowhere", today=TODAY)


def test_names_act_nowhere(tmp_path: Path) -> None:
    """Control characters in names and folders are shown by their number on the terminal."""
    report_file(tmp_path / "a\x1b[31m\n" / "report.html", records.hostile())
    said = overview_text(overview(tmp_path, today=TODAY), str(tmp_path))

    assert "\x1b" not in said
    assert "a⟨U+001B⟩[31m" in said


def test_the_same_files_give_the_same_page(tmp_path: Path, key: PrivateKey) -> None:
    """Neither the clock nor the order in which a file system lists files is on the page."""
    for name in "cab":
        report_file(tmp_path / name / "report.html", records.ready())
    pages = {
        overview_page(overview(tmp_path, [key.public], today=day), tmp_path, tmp_path / "index.html")
        for day in (TODAY, TODAY + datetime.timedelta(days=3))
    }
    assert 1 == len(pages)


def test_what_undermines_a_result_is_told(tmp_path: Path) -> None:
    """Beside the result on the page and below it in the terminal."""
    odd = dataclasses.replace(made("2026-01-01T00:00:00Z"), about={})
    report_file(tmp_path / "a" / "report.html", odd)
    altered = dataclasses.replace(odd, template=dataclasses.replace(odd.template, stock=False))
    report_file(tmp_path / "b" / "report.html", altered)
    found = overview(tmp_path, today=TODAY)

    assert 1 == overview_text(found, "x").count("what undermines the result: Template: the questions were asked by")
    assert 1 == overview_page(found, tmp_path, tmp_path / "index.html").decode().count("asked by an altered template")
