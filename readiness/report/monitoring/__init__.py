"""Monitoring that follows from a report: what to watch, on how many rows, where the alarm lies, when to roll back."""
