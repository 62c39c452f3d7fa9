"""What is kept of a review, how it is written, and where two of them differ."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

from readiness.verdict.written_record import restore_record
from tests.net.masks import masks_of
from tests.net.text import page_lines

GOLDENS = Path(__file__).parent / "goldens"
RELATIVE = 1e-9
MOST_SHOWN = 40
_RECORD = re.compile(rb"<!--readiness-unsigned/v1[^\n]*\n(?P<statement>.*)\n-->\s*\Z", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")

Golden = dict[str, Any]


def golden_of(report: bytes, page: str, folder: Path) -> Golden:
    """What is kept of a report that was made in a folder; the record is read from its end, as anybody may."""
    found = _RECORD.search(report)
    assert found is not None, "the report does not end with an unsigned record"
    record = restore_record(json.loads(found["statement"])["predicate"])
    masks = masks_of(record, str(folder))

    def by_code(findings: list[dict[str, Any]]) -> dict[str, Any]:
        codes = [finding["code"] for finding in findings]
        assert len(set(codes)) == len(codes), f"codes stand twice: {sorted(c for c in codes if codes.count(c) > 1)}"
        return {finding["code"]: masks.finding(finding) for finding in findings}

    soundness = record["soundness"]
    rest = {key: masks.value(value) for key, value in soundness.items() if key != "findings"}
    return {
        "decision": masks.value(record["decision"]),
        "soundness": rest | {"findings": by_code(soundness["findings"])},
        "answers": {
            answer["question"]: masks.value({k: v for k, v in answer.items() if k not in ("question", "findings")})
            | {"findings": by_code(answer["findings"])}
            for answer in record["answers"]
        },
        "page": masks.lines(page_lines(page)),
    }


def path_of(name: str) -> Path:
    return GOLDENS / f"{name}.json"


def read(name: str) -> Golden:
    golden: Golden = json.loads(path_of(name).read_text(encoding="utf-8"))
    return golden


def write(name: str, golden: Golden) -> None:
    """One line a finding and one a line of the page, so that a diff can be read."""
    GOLDENS.mkdir(exist_ok=True)
    path_of(name).write_text(_laid_out(golden, 0) + "\n", encoding="utf-8", newline="\n")


def _laid_out(value: Any, depth: int) -> str:
    """Nested three deep, as far down as the findings; lists of lines are nested, too."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict) and value and "code" not in value:
        rows = [f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(each, depth + 1)}" for key, each in value.items()]
        return "{" + inner + f",{inner}".join(rows) + outer + "}"
    if isinstance(value, list) and value:
        return "[" + inner + f",{inner}".join(_laid_out(each, depth + 1) for each in value) + outer + "]"
    return json.dumps(value, ensure_ascii=False)


def differences(golden: Golden, now: Golden) -> list[str]:
    """Each a path with both values; none where they agree."""
    found = _between(
        {k: v for k, v in golden.items() if k != "page"}, {k: v for k, v in now.items() if k != "page"}, ""
    )
    diff = difflib.unified_diff(golden["page"], now["page"], "page, golden", "page, now", lineterm="", n=1)
    return found + list(diff)


def summary(found: list[str], most: int = MOST_SHOWN) -> str:
    """How often each field differs, the first of the differences, and how many more lines there are."""
    fields = Counter(_field(line) for line in found if line.startswith("/"))
    counts = [f"{count:,} times {field}" for field, count in fields.most_common()]
    changed = sum(line.startswith(("+", "-")) and not line.startswith(("+++", "---")) for line in found)
    counts += [f"{changed:,} lines of the page gone or new"] if changed else []
    left = [f"… and {len(found) - most:,} more lines"] if len(found) > most else []
    return "\n".join(["; ".join(counts), *found[:most], *left])


def _field(line: str) -> str:
    """What of a finding a difference is about, whichever finding it is: "…/measured/value", "…/key new"."""
    path, _, rest = line.partition(":")
    how = rest.split(";")[0].strip()
    inside = re.sub(r".*?/findings/[^/]+", "…", path, count=1)
    return f"{inside} {how}".strip()


def _between(golden: Any, now: Any, path: str) -> list[str]:
    if isinstance(golden, dict) and isinstance(now, dict):
        return _between_dicts(golden, now, path)
    if isinstance(golden, list) and isinstance(now, list) and len(golden) == len(now):
        pairs = enumerate(zip(golden, now, strict=True))
        return [line for number, (old, new) in pairs for line in _between(old, new, f"{path}/{number}")]
    return [] if _agree(golden, now) else [f"{path}:", f"  golden: {_short(golden)}", f"  now:    {_short(now)}"]


def _between_dicts(golden: dict[str, Any], now: dict[str, Any], path: str) -> list[str]:
    found = [f"{path}/{key}: gone; was {_short(golden[key])}" for key in golden if key not in now]
    found += [f"{path}/{key}: new; is {_short(now[key])}" for key in now if key not in golden]
    both = [key for key in golden if key in now]
    if both != [key for key in now if key in golden]:
        found.append(f"{path}: another order; golden: {_short(both)}, now: {_short([k for k in now if k in golden])}")
    return found + [line for key in both for line in _between(golden[key], now[key], f"{path}/{key}")]


def _agree(golden: Any, now: Any) -> bool:
    """Numbers, and texts that are nothing but a number, within 1e-9 of each other; all else is equal."""
    old, new = _number(golden), _number(now)
    if old is None or new is None or isinstance(golden, str) is not isinstance(now, str):
        return type(golden) is type(now) and bool(golden == now)
    return math.isclose(old, new, rel_tol=RELATIVE)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"
