"""The architecture, enforced: a lower floor never imports a higher one, and what must start fast stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import readiness

PACKAGE = Path(readiness.__file__).parent
