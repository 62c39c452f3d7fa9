"""Sample sizes and feasibility: how many rows, refits and calls the claims of a spec need, before anything is run."""
