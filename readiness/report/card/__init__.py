"""How does a report land on the model card? A section between two markers, and the results in the front matter."""
