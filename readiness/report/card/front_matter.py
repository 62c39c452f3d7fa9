"""The front matter of a card: its `model-index`, changed where it stands, and nothing else.

The block is found by the rule of the Hub's own server, read by a YAML parser that knows the place of every value, and
cut by those places. First only our results are cut out or put in, so that others keep their comments and their
spelling; where that cannot be done the block is written anew. What comes out is read back: all other keys must say
what they said, or nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from readiness.core.errors import InputError
from readiness.core.files import slug
from readiness.core.sanitize import presentable
from readiness.report.card.content import Source
from readiness.report.card.metrics import Headline, headlines
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# The results of a `model-index`: ours are renewed, all others stay.

KEY = "model-index"
SOURCE = "readiness"
"""Name of the source of our results; it is how they are known again."""
_TASKS = {
    "binary": ("tabular-classification", "Tabular classification"),
    "multiclass": ("tabular-classification", "Tabular classification"),
    "regression": ("tabular-regression", "Tabular regression"),
    "ranking": ("tabular-ranking", "Ranking"),
}


@dataclass(frozen=True, slots=True)
class Index:
    """What we have to say: the model's name, and results as the Hub lays them out."""

    name: str
    results: list[dict[str, Any]]

    def entry(self) -> dict[str, Any]:
        """One entry of a model-index."""
        return {"name": self.name, "results": self.results}


def index_of(source: Source) -> Index:
    """The headline numbers of a report as results of a model-index."""
    from huggingface_hub.repocard_data import eval_results_to_model_index

    found = eval_results(source)
    name = model_name(source.record)
    return Index(name, eval_results_to_model_index(name, found)[0]["results"] if found else [])


def eval_results(source: Source) -> list[Any]:
    """The headline numbers of a report as `huggingface_hub.EvalResult`; reaches no network."""
    from huggingface_hub.repocard_data import EvalResult

    record = presentable(source.record)
    task, task_name = task_of(record)
    file, rows, digest = _test_table(record)
    return [
        EvalResult(
            task_type=task,
            task_name=task_name,
            dataset_type=slug(f"{file.rpartition('.')[0] or file}-{record.gathered.data.target}"),
            dataset_name=calm(f"{file}, target {record.gathered.data.target}"),
            dataset_split="test",
            dataset_args={"rows": rows, "sha256": digest},
            metric_type=calm(headline.type),
            metric_name=calm(headline.words),
            metric_value=headline.measured.value,
            metric_args=_args(headline),
            source_name=SOURCE,
            source_url=source.url or f"urn:sha256:{source.sha256}",
        )
        for headline in headlines(record)
    ]


def task_of(record: Record) -> tuple[str, str]:
    """The Hub's identifier and name of the task."""
    task = record.gathered.data.task
    return _TASKS.get(task, (task, task))


def model_name(record: Record) -> str:
    """The model's name as it stands in the metadata."""
    return calm(presentable(record).gathered.model.name)


def calm(text: str) -> str:
    """Nothing in the metadata may look like the marker of a section."""
    return text.replace("<!--", "<! --")


def _test_table(record: Record) -> tuple[str, int, str]:
    found = (artifact for artifact in record.gathered.inputs if artifact.role == "test")
    table = next(found, None)
    rows = record.gathered.data.rows_scored
    return ("test", rows, "not recorded") if table is None else (table.name[len("test: ") :], rows, table.sha256)


def _args(headline: Headline) -> dict[str, Any]:
    measured = headline.measured
    interval = {"low": measured.low, "high": measured.high, "level": measured.level, "n": measured.n}
    named = {key: calm(value) for key, value in headline.settings.items()}
    known = {key: value for key, value in interval.items() if value is not None}
    return known | ({"method": calm(measured.method)} if measured.method else {}) | named


def is_ours(result: Any) -> bool:
    """Whether this program wrote a result."""
    source = result.get("source") if isinstance(result, Mapping) else None
    return isinstance(source, Mapping) and source.get("name") == SOURCE


def entry_of(index: list[Any], name: str) -> int | None:
    """Where the model of this name stands."""
    return next((place for place, entry in enumerate(index) if entry.get("name") == name), None)


def merged(old: list[Any], ours: Index) -> list[Any]:
    """The index with our results renewed in their place; those of others, and other models, stay.

    Results of ours under another name are of an earlier report, and go.
    """
    target = entry_of(old, ours.name)
    new = []
    for place, entry in enumerate(old):
        results = entry.get("results") or []
        kept = [result for result in results if not is_ours(result)]
        if place == target and ours.results:
            first = next((k for k, result in enumerate(results) if is_ours(result)), len(results))
            new.append({**entry, "results": [*kept[:first], *ours.results, *kept[first:]]})
        elif kept or not results:
            new.append(entry if len(kept) == len(results) else {**entry, "results": kept})
    return [*new, ours.entry()] if target is None and ours.results else new


# ----------------------------------------------------------------------------------------------------

BLOCK = re.compile(r"^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))")
"""The Hub's rule, as in huggingface_hub.repocard."""
_MOST_VALUES = 100_000
"""After aliases are expanded; a few lines of aliases of aliases would otherwise fill any memory."""
_LONGEST = 500_000
"""Characters; reading them takes ten seconds."""
_NOT_CONSTRUCTED = (yaml.YAMLError, ValueError, RecursionError, AttributeError, LookupError, TypeError, OverflowError)
"""What PyYAML raises for a tag that does not fit its value; `repr` raises the second for a number without end."""
_WITHOUT = "Or leave the metadata alone with --no-metadata."
_LINE_END = re.compile(r"\r\n|\r|\n")
Where = Callable[[int], str]
"""Says where a line of the YAML is, counted from 1: "README.md, line 7"."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The YAML of a card."""

    start: int
    end: int
    """Of the YAML within the card, without its last line end."""
    body: int
    """Where the Markdown begins."""
    newline: str


def find(text: str) -> FrontMatter | None:
    """The front matter of a card without its byte order mark, or None."""
    found = BLOCK.match(text)
    if found is None:
        return None
    return FrontMatter(found.start(2), found.end(2), found.end(), _LINE_END.findall(found[1])[-1])


def with_results(text: str, newline: str, ours: Index, file: str) -> str:
    """The card with the results of `ours` in its model-index, in front matter of its own if it has none.

    Raises:
        InputError: the front matter is not usable; the line is named where there is one.
    """
    front = find(text)
    if front is None:
        newline = "\n" if newline == "\r" else newline  # behind the last dashes the Hub knows no bare carriage return
        fresh = _dumped({KEY: merged([], ours)}, newline) if ours.results else ""
        return f"---{newline}{fresh}---{newline}{text}" if fresh else text
    old = text[front.start : front.end]
    first_line = len(_LINE_END.findall(text[: front.start]))
    new = changed(old, front.newline, ours, lambda line: f"{file}, line {first_line + line}")
    return text[: front.start] + new + text[front.end :]


def changed(block: str, newline: str, ours: Index, where: Where) -> str:
    """The YAML of a front matter with the results of `ours` and no others of ours; the same text if that is so already.

    `where` names a line of it, counted from 1.

    Raises:
        InputError: not YAML, not a mapping, or a model-index that is not one.
    """
    root, data = _read(block, where)
    old = _index(root, data, where)
    new = merged(old, ours)
    if repr(new) == repr(old):
        return block
    expected = {key: value for key, value in data.items() if key != KEY} | ({KEY: new} if new else {})
    for candidate in _candidates(block, newline, root, old, new, ours):
        if _same(candidate, expected):
            return candidate
    raise InputError(
        f"{where(1)}: the front matter is written in a way in which its {KEY} cannot be changed alone.",
        remedy=f"Put {KEY} on a line of its own, without anchors that other keys use. {_WITHOUT}",
    )


def _read(block: str, where: Where) -> tuple[yaml.MappingNode | None, dict[str, Any]]:
    if len(block) > _LONGEST:
        raise _not_yaml(where(1), f"found {len(block):,} characters; at most {_LONGEST:,}")
    try:
        root = yaml.compose(block, Loader=yaml.SafeLoader)
        _check_size(root, where)
        data = yaml.safe_load(f"{block}\n")
        repr(data)  # by which it is compared
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _not_yaml(where(mark.line + 1 if mark else 1), error.problem or str(error)) from error
    except _NOT_CONSTRUCTED as error:
        raise _not_yaml(where(1), (str(error).splitlines() or ["a tag does not fit its value"])[0]) from error
    if data is None:
        return None, {}
    if not isinstance(root, yaml.MappingNode):
        raise _not_yaml(where(1), "found no keys; expected `key: value` lines")
    return root, data


def _not_yaml(place: str, problem: str) -> InputError:
    return InputError(
        f"{place}: the front matter is not usable YAML: {problem}.", remedy=f"Mend it; the card was left. {_WITHOUT}"
    )


def _check_size(root: yaml.Node | None, where: Where) -> None:
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = _MOST_VALUES + 1  # met again below itself, it contains itself
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
        return sizes[id(node)]

    if root is not None and size(root) > _MOST_VALUES:
        raise _not_yaml(where(1), "an anchor contains itself, or its aliases stand for far too much")


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _index(root: yaml.MappingNode | None, data: Mapping[str, Any], where: Where) -> list[Any]:
    keys = [key for key, _ in root.value if key.value == KEY] if root is not None else []
    if len(keys) > 1:
        raise _not_yaml(where(keys[1].start_mark.line + 1), f"{KEY} stands there twice")
    old = data.get(KEY)
    if old in (None, []):
        return []
    line = where(keys[0].start_mark.line + 1 if keys else 1)
    if not isinstance(old, list) or not all(isinstance(entry, Mapping) for entry in old):
        raise _not_yaml(line, f"{KEY} is not a list of models with their results")
    if not all(isinstance(entry.get("results") or [], list) for entry in old):
        raise _not_yaml(line, f"the results of a model under {KEY} are not a list")
    return old


def _same(candidate: str, expected: Mapping[str, Any]) -> bool:
    """By their texts, in which one nan is like another; the order of keys does not matter."""
    try:
        found = yaml.safe_load(f"{candidate}\n") or {}
        return isinstance(found, dict) and sorted(map(repr, found.items())) == sorted(map(repr, expected.items()))
    except _NOT_CONSTRUCTED:
        return False


def _candidates(
    block: str, newline: str, root: yaml.MappingNode | None, old: list[Any], new: list[Any], ours: Index
) -> Iterator[str]:
    """Ways to write the change, the gentlest first."""
    pair = next(((key, value) for key, value in root.value if key.value == KEY), None) if root is not None else None
    whole = _dumped({KEY: new}, newline) if new else ""
    if pair is None:
        joined = "" if not block or block.endswith(("\n", "\r")) else newline
        yield block + joined + whole.removesuffix(newline)
        return
    key, value = pair
    yield from _gentle(block, newline, value, old, ours)
    start, end = _line_start(block, key.start_mark.index), _line_end(block, max(_last(value), key.end_mark.index))
    written = block[:start] + whole + block[end:]
    yield written if block[end:] else written.removesuffix(newline)  # the last line end is not part of the block


def _gentle(block: str, newline: str, value: yaml.Node, old: list[Any], ours: Index) -> Iterator[str]:
    """Change only the lines of our own results, where everything is written one item to a line."""
    position = entry_of(old, ours.name)
    if not ours.results or not _is_list(value):
        return
    if position is None:
        if not any(is_ours(result) for entry in old for result in entry.get("results") or []):
            yield _after(block, newline, value, [ours.entry()])
        return
    results = next((part for key, part in value.value[position].value if key.value == "results"), None)
    if results is None or not _is_list(results):
        return
    mine = [index for index, result in enumerate(old[position]["results"]) if is_ours(result)]
    if not mine:
        yield _after(block, newline, results, ours.results)
    elif mine == list(range(mine[0], mine[-1] + 1)):
        first, last = results.value[mine[0]], results.value[mine[-1]]
        start = _line_start(block, first.start_mark.index)
        end = _line_end(block, _last(last))
        text = _indented(ours.results, results, newline)
        yield block[:start] + (text if end < len(block) else text.removesuffix(newline)) + block[end:]


def _after(block: str, newline: str, sequence: yaml.Node, items: list[Any]) -> str:
    end = _line_end(block, _last(sequence))
    text = _indented(items, sequence, newline)
    if end == len(block) and not block.endswith(("\n", "\r")):
        return block + newline + text.removesuffix(newline)
    return block[:end] + text + block[end:]


def _is_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and not node.flow_style and bool(node.value)


def _indented(items: list[Any], sequence: yaml.Node, newline: str) -> str:
    indent = " " * sequence.start_mark.column
    return "".join(f"{indent}{line}{newline}" for line in _dumped(items, "\n").splitlines())


def _last(node: yaml.Node) -> int:
    """Behind the last character of a value; a list or mapping of lines ends with its last part."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        return max(_last(child) for child in _children(node))
    return int(node.end_mark.index)


def _line_start(text: str, index: int) -> int:
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def _line_end(text: str, index: int) -> int:
    """Behind the line end that follows; an index at the start of a line is one already."""
    if index and text[index - 1] in "\r\n":
        return index
    found = _LINE_END.search(text, index)
    return found.end() if found else len(text)


def _dumped(value: Any, newline: str) -> str:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.replace("\n", newline)
