"""Compare six whole reviews with their goldens, or write these anew; see the package's docstring."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """0 where all agree or were written, 1 where one differs."""
    os.environ["READINESS_CACHE"] = "off"
    from tests.net import goldens, reviews

    parser = argparse.ArgumentParser(prog="python -m tests.net", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(reviews.REVIEWS)}; all when left out")
    parser.add_argument("--renew", action="store_true", help="write the goldens anew")
    chosen = parser.parse_args()
    names = chosen.names or list(reviews.REVIEWS)
    if unknown := [name for name in names if name not in reviews.REVIEWS]:
        parser.error(f"there is no review {', '.join(unknown)}")
    differing = 0
    for name in names:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            now = reviews.golden(name, Path(folder))
        found = goldens.differences(goldens.read(name), now) if goldens.path_of(name).exists() else ["no golden yet"]
        differing += bool(found)
        sys.stdout.write(f"{name}: {len(found):,} lines of differences ({time.monotonic() - begun:.1f} s)\n")
        sys.stdout.write(f"{goldens.summary(found)}\n" if found else "")
        sys.stdout.flush()
        if chosen.renew:
            goldens.write(name, now)
    return int(bool(differing) and not chosen.renew)


if __name__ == "__main__":
    sys.exit(main())
