"""Can these rows carry an answer? Asked before the six questions, one module for each kind of doubt."""
