"""Probes of the candidate: what it costs, and what it does with rows that nobody wishes for."""
