"""Numbers with their uncertainty: metrics, intervals, comparisons, and the claims made of them."""
