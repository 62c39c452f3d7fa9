"""One function per figure, `(answer, *, ax=None) -> Axes`, that only draws.

The figures of a question are the public functions of its module that take `ax`, in the order in which they stand there,
in which they are looked at.
"""

from readiness.report.plots import baseline, business, decision, errors, first_look, production, segments, stability

__all__ = ["baseline", "business", "decision", "errors", "first_look", "production", "segments", "stability"]
