"""The memory of the process that holds a key: closed to other processes of the same user, as far as the system can.

On Linux a process that is not dumpable cannot be traced, and its memory and open files under /proc cannot be read, by
another process of the same user; a candidate that left a process behind is one. Elsewhere nothing is done.
"""

from __future__ import annotations

import os
import sys

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4

AS_ROOT = (
    "This runs as root: every other process of root, such as one that the candidate's code left behind, can read the "
    "memory of this one, and the key in it. Run as an ordinary user."
)
NOT_CLOSED = (
    "This system did not let the memory of this process be closed: other processes of the same user can read the key "
    "in it."
)


def close_memory() -> bool:
    """Close the memory of this process, and write no core file of it. May be called again.

    Returns:
        Whether it is closed now; False wherever the system is not Linux, too.
    """
    if sys.platform != "linux":
        return False
    import ctypes
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    control = ctypes.CDLL(None).prctl
    control(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return bool(control(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)


def remark(*, closed: bool) -> str:
    """What whoever signs must know of the memory of this process; empty when there is nothing to say."""
    if sys.platform != "linux":
        return ""
    if os.geteuid() == 0:
        return AS_ROOT
    return "" if closed else NOT_CLOSED
