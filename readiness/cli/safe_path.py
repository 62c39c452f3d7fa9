"""The search path of a command: it leads to no module in the folder where the command happens to be given.

Imported before everything else of the doors, because what they import could lie there. The folder of this package
itself stays: a source checkout is an installation. What Python imports before any code of ours, an interpreter that is
started with `-m` in a folder of strangers' files cannot be kept from; the command `readiness` does not start so.
"""

import os
import sys

_CURRENT = os.getcwd()  # noqa: PTH109  # a module less that could be imported from there
_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120  # as above

if _CURRENT != _OWN:
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != _CURRENT]  # noqa: PTH100  # as above
