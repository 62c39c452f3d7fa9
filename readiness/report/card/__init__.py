"""A report on the model card: a section between two markers, and the results in the front matter."""
