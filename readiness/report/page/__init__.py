"""What does an approver see? The page of a report, made from its record."""

from __future__ import annotations

from readiness.report.page.render import PageFigure, render_page

__all__ = ["PageFigure", "render_page"]
