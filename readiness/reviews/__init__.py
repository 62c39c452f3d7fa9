"""A review of what lies in memory: six answers inside a notebook, unsigned, for the days before there is a file."""
