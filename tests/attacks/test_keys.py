"""A key that others can use, a passphrase that is guessed, and a candidate that reads what the host holds."""

from __future__ import annotations

import inspect
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from readiness.cli.passphrases import signer
from readiness.core.errors import KeyFileError
from readiness.signing import memory
from readiness.signing.guessable import why_guessable
from readiness.signing.keys import generate, load_private, needs_passphrase, write_key_pair

Run = Callable[..., tuple[int, str, str]]
PASSPHRASE = b"seven teal kettles"


def piped(data: bytes) -> int:
    """An open file that holds `data`."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


class TestRights:
    @pytest.mark.slow
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610, 0o601, 0o777])
    def test_a_key_that_others_may_use_signs_nothing(self, mode: int, tmp_path: Path, run: Run) -> None:
        """It is refused before the review, with the command that mends it; the same key then works."""
        pem = tmp_path / "risk key.pem"
        write_key_pair(generate(), pem, None)
        pem.chmod(mode)
        code, _, complained = run("run", tmp_path / "readiness.yaml", "--key", pem)
        assert 2 == code
        assert f"has the mode {mode:04o}" in complained
        command = complained.partition("Close it with: ")[2].partition(" - ")[0]
        for read in (load_private, needs_passphrase):
            with pytest.raises(KeyFileError, match="others than its owner"):
                read(pem)
        subprocess.run(["sh", "-c", command], check=True)
        assert load_private(pem)

    def test_the_file_that_is_open_is_asked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A path that looks well, behind which another file is opened, helps nobody."""
        pem = tmp_path / "k.pem"
        write_key_pair(generate(), pem, None)
        good = pem.stat()
        pem.chmod(0o644)
        monkeypatch.setattr(Path, "stat", lambda self, **_options: good)
        monkeypatch.setattr(os, "stat", lambda *_given, **_options: good)
        with pytest.raises(KeyFileError, match="has the mode 0644"):
            load_private(pem)


GUESSED = (
    "short", "elevenchars", "aaaaaaaaaaaaaaa", "abababababab", "123456789012", "987654321098", "839201847362",
    "abcdefghijklmnop", "qwertyuiop123", "qwertyuiopasdf", "password1234", "PASSWORD1234", "Passw0rd!2026",
    "P@ssw0rd1234", "passwordpassword", "1234password5678", "letmein-2026-11", "administrator1", "Welcome to 2026!",
    "iloveyou iloveyou", "summer2026summer", "readiness-2026", "Readiness!!!!!", "risk-team1234", "RISK-TEAM.PEM",
    "risk team readiness", "correct-horse-battery-staple"[:7] + "-1234567", "zxcvbnm,./123", "111111222222333333",
    "\uff50assword1234", "1qaz2wsx3edc4rfv",
)  # fmt: skip


class TestPassphrases:
    @pytest.mark.parametrize("passphrase", GUESSED)
    def test_what_is_guessed_first_protects_no_new_key(self, passphrase: str, tmp_path: Path, run: Run) -> None:
        """Refused in words, whether typed or handed over; nothing is written, and the passphrase is not repeated."""
        pem = tmp_path / "risk-team.pem"
        code, said, complained = run("keygen", "--out", pem, "--passphrase-fd", piped(passphrase.encode()))
        assert (2, "", []) == (code, said, list(tmp_path.iterdir()))
        assert "The passphrase is easy to guess. It " in complained
        assert passphrase not in complained

    @pytest.mark.parametrize(
        "passphrase",
        ["seven teal kettles", "x7Kq-29vLm-pTz4", "Grüße aus Süderoog", "ottifanten 12 taubenblau", "9f86d081884c7d65",
         "the keys of my seven teal kettles"],
    )  # fmt: skip
    def test_others_are_taken(self, passphrase: str) -> None:
        """Words that do not belong together, and what a generator gives."""
        assert "" == why_guessable(passphrase, ("risk-team.pem", "risk-team"))

    def test_a_typed_one_is_looked_at_too(self, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """The keyboard is no way around."""
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("readiness.cli.passphrases.getpass.getpass", lambda _prompt: "password1234")
        code, _, complained = run("keygen", "--out", tmp_path / "k.pem")
        assert (2, False) == (code, (tmp_path / "k.pem").exists())
        assert "easy to guess" in complained

    def test_a_long_one_is_judged_at_once(self) -> None:
        """Four thousand signs that can be taken apart in endless ways."""
        assert "" == why_guessable("1a2b" + "-pass.user_" * 400 + "zebrafinch")
        assert "" != why_guessable("1-" + "-pass.user_" * 400)


class TestWhenItIsRead:
    def test_nothing_is_read_or_opened_before_it_is_needed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever runs between the order to sign and the signature finds no passphrase in the host."""
        pem = tmp_path / "k.pem"
        write_key_pair(generate(), pem, PASSPHRASE)
        reading = piped(PASSPHRASE + b"\n")
        decrypted: list[Any] = []
        monkeypatch.setattr("readiness.cli.passphrases.load_private", lambda *given: decrypted.append(given))
        opener = signer(pem, reading)
        assert [] == decrypted
        os.set_blocking(reading, False)
        copy = os.dup(reading)
        assert not os.get_inheritable(reading)
        opener()
        assert [(pem, PASSPHRASE)] == decrypted
        assert b"" == os.read(copy, 100)  # read now, and only now
        os.close(copy)

    @pytest.mark.slow
    def test_it_is_read_after_the_kernel_has_ended(
        self, tmp_path: Path, review_files: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A spy in the place of the kernel: while cells run, the passphrase waits in its pipe, and nobody asks for it.

        A wrong one then costs the signature and nothing else.
        """
        from readiness.run import runner
        from readiness.run.execution import Execution
        from tests.walking import walk

        spec = review_files()
        walked = walk(spec, figures=False)
        pem, reading = tmp_path / "k.pem", piped(b"not the one\n")
        write_key_pair(generate(), pem, PASSPHRASE)
        events = []

        def kernel(*_given: Any, **_options: Any) -> Execution:
            events.append("the kernel runs")
            return Execution(nbformat.v4.new_notebook())

        def read(descriptor: int) -> bytes:
            events.append(f"read {descriptor == reading}")
            return os.read(descriptor, 100).strip()

        monkeypatch.setattr(runner, "execute", kernel)
        monkeypatch.setattr(runner, "_report", lambda *_given: (walked.record, walked.report))
        monkeypatch.setattr("readiness.cli.passphrases.read_from", read)
        out = tmp_path / "out"
        code, _, complained = run("run", spec, "--key", pem, "--passphrase-fd", reading, "--out", out)
        assert (2, ["the kernel runs", "read True"]) == (code, events)
        assert "The passphrase is wrong" in complained
        assert "run the review again with the right passphrase" in complained
        assert walked.report == (out / "report.html").read_bytes()
        os.close(reading)

    def test_a_file_that_is_not_open_is_told_before(self, tmp_path: Path) -> None:
        """Nobody waits minutes to hear it."""
        write_key_pair(generate(), tmp_path / "k.pem", PASSPHRASE)
        reading = piped(PASSPHRASE)
        os.close(reading)
        with pytest.raises(KeyFileError, match="cannot be read from file"):
            signer(tmp_path / "k.pem", reading)


NOBODY = 65534
HOLDER = """
{source}
import sys
if {closed}:
    assert close_memory()
print("ready", flush=True)
sys.stdin.read()
"""
READER = """
import subprocess, sys
holder = subprocess.Popen([sys.executable, "-I", "-c", {holder!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
assert holder.stdout.readline() == b"ready\\n"
for name in ("mem", "environ", "fd/0"):
    try:
        open("/proc/%d/%s" % (holder.pid, name), "rb").close()
        print(name, "open")
    except PermissionError:
        print(name, "closed")
holder.stdin.close()
holder.wait()
"""


def as_ordinary_user(code: str) -> str:
    """What a program prints that runs as an ordinary user, with an interpreter that this user can reach."""
    user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    found = subprocess.run(
        [ordinary_python(), "-I", "-c", code], capture_output=True, text=True, check=True, cwd="/", **user
    )
    return found.stdout


def ordinary_python() -> str:
    """This interpreter, or the system's where this one lies in a folder of root's alone."""
    folders = Path(sys.executable).resolve().parents
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in folders):
        return sys.executable
    return "/usr/bin/python3"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux closes the memory of a process to its own user")
class TestMemory:
    @pytest.mark.slow
    @pytest.mark.parametrize(("closed", "found"), [(False, "open"), (True, "closed")])
    def test_another_process_of_the_same_user_reads_nothing(self, closed: bool, found: str) -> None:
        """What a candidate left behind cannot read memory, environment or open files of the process with the key; of a
        process that did not close them it can.
        """
        holder = HOLDER.format(source=inspect.getsource(memory), closed=closed)
        said = as_ordinary_user(READER.format(holder=holder))
        assert f"mem {found}\nenviron {found}\nfd/0 {found}\n" == said

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "work",
        [
            "load_private(pem)",
            "write_key_pair(generate(), pem.with_name('other.pem'), None)",
            "signer(pem, None)",
        ],
    )
    def test_whoever_touches_a_key_is_closed(self, work: str, tmp_path: Path) -> None:
        """Asked of the system itself, in a process of its own; and no core file would be written."""
        write_key_pair(generate(), tmp_path / "k.pem", None)
        code = (
            "import ctypes, resource, pathlib\n"
            "from readiness.cli.passphrases import signer\n"
            "from readiness.signing.keys import generate, load_private, write_key_pair\n"
            f"pem = pathlib.Path({str(tmp_path / 'k.pem')!r})\n"
            "state = lambda: (ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
            f"before = state()\n{work}\nprint(before[0], *state())\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert "1 0 0\n" == done.stdout

    @pytest.mark.slow
    def test_the_kernel_is_not_closed(self, tmp_path: Path) -> None:
        """It is another program, which starts open; closing the host does not change how the candidate runs."""
        code = (
            "import subprocess, sys\nfrom readiness.signing.memory import close_memory\nclose_memory()\n"
            "ask = 'import ctypes; print(ctypes.CDLL(None).prctl(3))'\n"
            "print(subprocess.run([sys.executable, '-c', ask], capture_output=True, text=True).stdout)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert "1" == done.stdout.strip()

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("user", "closed", "words"), [(0, True, "as root"), (1000, True, ""), (1000, False, "read")]
    )
    def test_root_is_told_that_root_reads_everything(
        self, user: int, closed: bool, words: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once, beside the output; an ordinary user only where the system did not let the memory be closed."""
        write_key_pair(generate(), tmp_path / "k.pem", None)
        monkeypatch.setattr(memory.os, "geteuid", lambda: user)
        monkeypatch.setattr("readiness.cli.passphrases.close_memory", lambda: closed)
        _, said, complained = run("run", tmp_path / "none.yaml", "--key", tmp_path / "k.pem")
        told = [line for line in complained.splitlines() if line in (memory.AS_ROOT, memory.NOT_CLOSED)]
        assert bool(words) == (len(told) == 1)
        assert all(words in line for line in told)
        assert memory.AS_ROOT not in said


def test_a_passphrase_needs_somebody_to_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told before the review starts."""
    write_key_pair(generate(), tmp_path / "k.pem", PASSPHRASE)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(KeyFileError, match="nobody is at a keyboard"):
        signer(tmp_path / "k.pem", None)
