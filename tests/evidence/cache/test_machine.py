"""Whose times are they? Of this machine and the part of it that may be used, and of no other of its size."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from readiness.evidence import environment as machines
from readiness.evidence.environment import machine, this_machine


def test_two_machines_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another name, number, processor, share of the processors or limit: each makes another machine."""
    seen = [this_machine()]
    assert this_machine() == seen[0]
    for name, value in (("_processor", "another"), ("_usable", 997), ("_limits", ("50000 100000",))):
        monkeypatch.setattr(machines, name, lambda value=value: value)
        seen.append(this_machine())
    monkeypatch.setattr(platform, "node", lambda: "another")
    seen.append(this_machine())
    monkeypatch.setattr(machines, "_read", lambda _: "another")
    seen.append(this_machine())
    assert 6 == len(set(seen))


def test_no_name_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what people read nor the key tells what the machine is called."""
    monkeypatch.setattr(platform, "node", lambda: "payroll-host")
    assert "payroll-host" not in machine() + this_machine()
    assert 64 == len(this_machine())


def test_limits_of_all_groups_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of an outer group holds for the inner one."""
    texts = {
        Path("/proc/self/cgroup"): "0::/job/step\n",
        tmp_path / "job" / "step" / "cpu.max": "max 100000\n",
        tmp_path / "job" / "cpu.max": "50000 100000\n",
        tmp_path.parent / "cpu.max": "elsewhere",
    }
    monkeypatch.setattr(machines, "GROUPS", tmp_path)
    monkeypatch.setattr(machines, "_read", lambda path: texts.get(path, ""))
    assert ("max 100000", "50000 100000") == machines._limits()
