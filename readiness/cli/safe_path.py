"""The surroundings of a command: no module comes from the folder where it happens to be given, and there is a home.

Imported before everything else of the doors, because what they import could lie there. The folder of this package
itself stays: a source checkout is an installation. What Python imports before any code of ours, an interpreter that is
started with `-m` in a folder of strangers' files cannot be kept from; the command `readiness` does not start so.
"""

import atexit
import os
import shutil
import sys
import tempfile

try:
    _CURRENT = os.getcwd()  # noqa: PTH109  # a module less that could be imported from there
except OSError:  # it was removed; nothing can be imported from there
    _CURRENT = ""
_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120  # as above

if not _CURRENT:
    sys.path[:] = [place for place in sys.path if os.path.isabs(place)]  # noqa: PTH117  # as above
elif _CURRENT != _OWN:
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != _CURRENT]  # noqa: PTH100  # as above

try:
    _HAS_HOME = os.path.expanduser("~") != "~"  # noqa: PTH111  # without a home Path raises
except (KeyError, RuntimeError):
    _HAS_HOME = False

if not _HAS_HOME:  # a user without an entry and without HOME, as in some containers; Jupyter's libraries need one
    os.environ["HOME"] = tempfile.mkdtemp(prefix="readiness-home-")
    atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)
