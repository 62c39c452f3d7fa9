"""Whether the rows can carry an answer, asked before the six questions: one module for each kind of doubt."""
