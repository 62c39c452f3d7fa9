"""The six questions in their order, each a module with `TITLE` and `ask`."""

from __future__ import annotations

from readiness.questions import baseline, business, errors, production, segments, stability

__all__ = ["baseline", "business", "errors", "production", "segments", "stability"]
