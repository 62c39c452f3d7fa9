"""The page of a report, which an approver sees, made from its record."""

from __future__ import annotations

from readiness.report.page.figure import PageFigure
from readiness.report.page.render import render_page

__all__ = ["PageFigure", "render_page"]
