"""One function per figure, `(answer, *, ax=None) -> Axes`, that only draws."""

from readiness.report.plots import baseline, business, decision, errors, first_look, production, segments, stability

__all__ = ["baseline", "business", "decision", "errors", "first_look", "production", "segments", "stability"]
