"""Numbers of a record held against each other, against its counts, and against the bars of its own spec."""
