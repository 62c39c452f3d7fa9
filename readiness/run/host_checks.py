"""Checks of the kernel's record against what the host sees for itself.

What the kernel says is a claim: cells of an altered template ran in it, and where nothing kept the candidate apart,
that may have changed it. The host hashes every file before and after the run, reads the spec itself, and derives from
it which findings must be there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from readiness.core.checklist import Proofs, proofs_among
from readiness.core.errors import IncompleteRecord, InvalidReport, ReviewError
from readiness.core.files import Artifact, Role, sha256_path
from readiness.core.findings import Answer, Question, left_out_code
from readiness.core.policy import Task
from readiness.core.provenance import IsolationForm, isolation_strength
from readiness.evidence.environment import OF_THE_PAGE, environment
from readiness.evidence.models.own_modules import named_files
from readiness.evidence.tables import header
from readiness.evidence.workers.cells import files_to_run, isolation_here, weakness
from readiness.spec.load import LoadedSpec, normalised, set_keys, spec_digest
from readiness.spec.proofs import proof_paths
from readiness.spec.registry import local_name
from readiness.spec.schema import Spec
from readiness.spec.usual_segments import unsegmented
from readiness.verdict.attestations import false_attestations
from readiness.verdict.comparison import (
    NAMED_BY_SPEC,
    lower_bars,
    missing_codes,
    missing_drift,
    missing_segments,
    missing_trend,
    relabelled,
)
from readiness.verdict.isolation import isolation_words
from readiness.verdict.record import Record
from readiness.verdict.supplied import false_supplies

TABLES = (Role.TEST, Role.TRAIN, Role.RECENT)
LISTED = 6


@dataclass(frozen=True, slots=True)
class Digests:
    """Every file of a review as it was before the kernel started, and where it lies."""

    inputs: tuple[Artifact, ...]
    """What the record must name, among the files of its model or its inputs."""
    paths: Mapping[str, Path]
    """By the name in the record; what was set on the command line lies nowhere."""

    @classmethod
    def of(cls, loaded: LoadedSpec) -> Digests:
        """Hash the spec's files, the model, the tables, the model now in production, and what attestations rest on.

        Raises:
            InputError: one of them cannot be read.
        """
        paths = {name: path for artifact, (path, _) in zip(loaded.inputs, loaded.files, strict=False)
                 if (name := artifact.name)}  # fmt: skip
        found = list(loaded.inputs)
        for role, file, path in _files(loaded):
            found.append(Artifact.of(path, role, file=file))
            paths[found[-1].name] = path
        return cls(tuple(found), paths)

    def check_unchanged(self) -> None:
        """Hash everything once more.

        Raises:
            ReviewError: naming the files that are no longer what they were.
        """
        before = {artifact.name: artifact.sha256 for artifact in self.inputs}
        changed = [path.name for name, path in self.paths.items() if _digest(path) != before[name]]
        if changed:
            raise ReviewError(
                f"{', '.join(changed)} changed while the review was running.",
                remedy="Nobody knows which version was reviewed. Run it again while nothing writes to these files.",
            )

    @property
    def proofs(self) -> Proofs:
        """Of the files and folders that attestations name as evidence."""
        return proofs_among(self.inputs)

    @property
    def test(self) -> str:
        """Of the test table."""
        return next(artifact.sha256 for artifact in self.inputs if artifact.role is Role.TEST)

    @property
    def model(self) -> str | None:
        """Of the candidate's file or folder; None when there are only predictions."""
        return next((artifact.sha256 for artifact in self.inputs if artifact.role is Role.MODEL), None)


def _files(loaded: LoadedSpec) -> Iterator[tuple[Role, str, Path]]:
    """All but those of the spec itself: what each is read for, what the record calls it, and where it lies."""
    spec = loaded.spec
    given = {role: getattr(spec.data, role.value) for role in TABLES}
    current = spec.baseline.current
    if current is not None and current.path is not None and loaded.resolve(current.path).exists():
        given[Role.CURRENT] = current.path
    for role, path in (given | dict(spec.supplied.files) | {Role.MODEL: spec.model.path}).items():
        if path is not None:
            yield role, local_name(path), loaded.resolve(path)
    for text, path in proof_paths(loaded).items():
        yield Role.EVIDENCE, text, path
    for name, path in named_files(loaded.folder, _references(spec)).items():
        yield Role.MODULE, name, path


def _references(spec: Spec) -> list[str]:
    """The functions of the user's own that every review of this spec calls."""
    loader = spec.model.loader if spec.model.path is not None else None
    return [*([loader] if loader else []), *(own.use for own in spec.metrics.values())]


def _digest(path: Path) -> str:
    try:
        return sha256_path(path)
    except (ReviewError, OSError, ValueError):
        return ""


def check_record(
    record: Record, loaded: LoadedSpec, digests: Digests, only: Sequence[str] = (), *, cached: bool = False
) -> None:
    """Hold the record against the host's own knowledge, and recompute its verdict.

    `only` names the questions that a partial review was told to ask; `cached` says whether it was given a cache.

    Raises:
        IncompleteRecord: a finding that the spec asks for is missing or does not count.
        ReviewError: the record is about other files or another spec, or its verdict does not follow.
    """
    _check_files(record, digests)
    _check_modules(record, loaded.folder)
    _check_program(record)
    _check_spec(record, loaded)
    _check_isolation(record, loaded)
    _check_asked(record, only)
    if record.reused and not cached:
        raise IncompleteRecord(
            f"The notebook took {record.reused[0].part} from a cache, and it was given none.", remedy=_REMEDY
        )
    task = _task(record, loaded)
    lacking = (
        *missing_codes(record.answers, loaded.spec, task),
        *missing_segments(record.answers, loaded.spec, task, record.gathered.data.rows_scored),
        *missing_trend(record.answers, loaded.spec),
        *missing_drift(
            record.answers,
            loaded.spec,
            record.gathered.data.features,
            _days(record)[0],
            digests.proofs,
            record.soundness,
        ),
    )
    if lacking:
        more = f" and {len(lacking) - LISTED} more" if len(lacking) > LISTED else ""
        raise IncompleteRecord(
            f"The notebook's record lacks findings that this spec asks for: {', '.join(lacking[:LISTED])}{more}.",
            remedy=_REMEDY,
        )
    _check_bars(record, loaded, task, digests.proofs)
    from readiness.verdict.checks import check  # loads libraries of numbers

    try:
        check(record, counted=True)
    except InvalidReport as error:
        raise IncompleteRecord(f"The notebook's record contradicts itself. {error.message}", remedy=_REMEDY) from error


def _check_bars(record: Record, loaded: LoadedSpec, task: Task, proofs: Proofs) -> None:
    """By the day on which the review began; or on which it ended, when midnight lay between them."""
    spec = loaded.spec
    judged = [(lower_bars(record.answers, spec, task, day, proofs), day) for day in _days(record)]
    found = [(lower, false_attestations(record.answers, spec, day, proofs)) for lower, day in judged]
    lower, false = min(found, key=lambda codes: len(codes[0]) + len(codes[1]))
    _refuse("judges by other bars than this spec sets", lower)
    _refuse("calls claims otherwise than this spec does", relabelled(record.answers, spec, task, NAMED_BY_SPEC))
    _refuse("fills boxes otherwise than this spec attests", false)
    _refuse("holds figures that this spec does not supply", false_supplies(record.answers, spec, _calls(loaded)))


def _calls(loaded: LoadedSpec) -> Sequence[float] | None:
    """The times of the supplied log, read by the host itself."""
    given = loaded.spec.supplied.latency
    if given is None:
        return None
    from readiness.evidence.supplied.read import read_calls

    return [float(time) for time in read_calls(loaded, given)]


def _days(record: Record) -> tuple[datetime.date, ...]:
    """The days of the run, which the host timed itself."""
    moments = (record.run.started, record.run.finished)
    return tuple(dict.fromkeys(datetime.datetime.fromisoformat(moment).date() for moment in moments))


def _refuse(what: str, codes: tuple[str, ...]) -> None:
    if codes:
        raise IncompleteRecord(f"The notebook's record {what}: {', '.join(codes[:LISTED])}.", remedy=_REMEDY)


_REMEDY = "If the template was changed, see that it asks all six questions and shows every answer as it came."


def _check_files(record: Record, digests: Digests) -> None:
    named: dict[tuple[Role, str], set[str]] = {}
    for artifact in record.gathered.inputs:  # one that is named twice has no two digests
        named.setdefault((artifact.role, artifact.name), set()).add(artifact.sha256)
    expected = [artifact for artifact in digests.inputs if artifact.role is not Role.MODEL]
    wrong = [each.name for each in expected if named.get((each.role, each.name)) != {each.sha256}]
    model = [artifact.sha256 for artifact in record.gathered.model.files]
    if model != ([] if digests.model is None else [digests.model]):
        wrong.append("the model file")
    if wrong:
        raise ReviewError(
            f"The notebook's record is about other files than the spec names: {', '.join(wrong)}.",
            remedy="Run the review again; if it happens again, the template reads files of its own.",
        )


def _check_program(record: Record) -> None:
    """The kernel runs on the host's own interpreter and packages, so it can name no others.

    Raises:
        ReviewError: it does.
    """
    there, here = record.gathered.environment, environment()
    names = ("readiness", *OF_THE_PAGE)
    same = all(there.packages.get(name) == here.packages.get(name) for name in names) and there.python == here.python
    if not same or record.tool != f"readiness {here.packages['readiness']}":
        raise ReviewError(
            "The notebook's record names other versions of this program, or of what makes its page, than run here.",
            remedy="Run the review again; if it happens again, the candidate changes what is recorded.",
        )


def _check_modules(record: Record, folder: Path) -> None:
    """Modules that were served from the spec's folder lie there as they were recorded.

    Raises:
        ReviewError: one does not.
    """
    served = [each for each in record.gathered.inputs if each.role is Role.MODULE]
    changed = [each.name for each in served if not _lies_there(folder, each)]
    if changed:
        raise ReviewError(
            f"{', '.join(changed[:LISTED])} is not what the notebook's record says, or changed during the review.",
            remedy="Nobody knows which code was run. Run the review again while nothing writes to these files.",
        )


def _lies_there(folder: Path, module: Artifact) -> bool:
    """Whether the file has the recorded digest; it may be a link, and its name may not lead out of the folder."""
    name = PurePosixPath(module.file)
    return not name.is_absolute() and ".." not in name.parts and _digest(folder / name) == module.sha256


def _check_spec(record: Record, loaded: LoadedSpec) -> None:
    spec, gathered = loaded.spec, record.gathered
    same = (
        gathered.spec == normalised(spec)
        and gathered.set_keys == set_keys(spec)
        and gathered.settings == loaded.settings
        and spec_digest(gathered.inputs) == loaded.digest
        and (gathered.model.name, gathered.model.version) == (spec.model.name, spec.model.version)
        and gathered.data.target == spec.data.target
        and gathered.data.unsegmented == unsegmented(spec, header(loaded.resolve(spec.data.test)).columns)
        and (record.rule, record.seed) == (spec.evidence, spec.seed)
    )
    if not same:
        raise ReviewError(
            "The notebook's record holds another spec than the one that was read.",
            remedy="Run the review again; if it happens again, the template changes the spec.",
        )


def _check_isolation(record: Record, loaded: LoadedSpec) -> None:
    """The models of the spec were kept apart as the record says, so far as a host can tell.

    That a sandbox stood around a process which has ended cannot be proven. What can: which models there were to run,
    and that this machine gives no less than the record claims, by a trial start of the host's own.

    Raises:
        ReviewError: the record claims more than that, or less than the spec requires.
    """
    isolation, named = record.gathered.isolation, loaded.spec.model
    if isolation is None or isolation.form is IsolationForm.IN_PROCESS:
        raise IncompleteRecord("The notebook's record does not say how the model was kept apart.", remedy=_REMEDY)
    if why := weakness(isolation, loaded.spec):
        raise ReviewError(f"The notebook's record contradicts the spec: {why}.", remedy=_REMEDY)
    runs = bool(files_to_run(loaded.spec)) or named.url is not None
    at_address = named.url is not None and named.path is None
    if (
        (isolation.form is IsolationForm.NOT_RUN and (named.path or named.url))
        or (isolation.form is not IsolationForm.NOT_RUN and not runs)
        or (at_address and not isolation.labels)
        or (not isolation.labels and isolation_strength(isolation) > isolation_strength(isolation_here(loaded)))
    ):
        raise ReviewError(
            f"The notebook's record says that the model ran {isolation_words(isolation)}; that cannot be so here.",
            remedy="Run the review again; if it happens again, the template changes what is recorded.",
        )


def _check_asked(record: Record, only: Sequence[str]) -> None:
    """A question may stand aside only where the host said so."""
    aside = [answer.question for answer in record.answers if left_out(answer)]
    unasked = [question for question in Question if only and question.value not in only]
    if tuple(record.only) != tuple(only) or aside != unasked:
        raise IncompleteRecord("The notebook asked other questions than it was told to ask.", remedy=_REMEDY)


def left_out(answer: Answer) -> bool:
    """Whether an answer says that its question was not asked."""
    return any(finding.code == left_out_code(answer.question) for finding in answer.findings)


def _task(record: Record, loaded: LoadedSpec) -> Task:
    stated = loaded.spec.data.task
    try:
        task = Task(record.gathered.data.task)
    except ValueError as error:
        raise IncompleteRecord(f"The record's task is {record.gathered.data.task!r}, which is none.") from error
    if stated is not None and task is not stated:
        raise ReviewError(f"The notebook reviewed a {task} task; the spec says {stated}.")
    return task
