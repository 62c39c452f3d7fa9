"""The doors of the house. The only package that prints and that ends the process.

Each module below registers its commands when it is imported, and the help lists them in this order.
"""

from readiness.cli import safe_path  # isort: split

from readiness.cli import reviews  # isort: split

from readiness.cli import reports  # isort: split

from readiness.cli import cards  # isort: split

from readiness.cli import exports  # isort: split

from readiness.cli import tools  # isort: split

from readiness.cli import candidates  # isort: split

from readiness.cli.app import app, main

__all__ = [
    "app",
    "candidates",
    "cards",
    "exports",
    "main",
    "reports",
    "reviews",
    "safe_path",
    "tools",
]
