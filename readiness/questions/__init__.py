"""Which six questions are asked, and in which order? Each is a module with `TITLE` and `ask`."""

from __future__ import annotations
