"""How is a review told to a CI service? As test results that it counts, and as a text that it shows."""
