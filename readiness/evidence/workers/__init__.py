"""The candidate apart: what runs a model, here, in a process of its own, or behind an address."""
