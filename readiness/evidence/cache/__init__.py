"""What is kept of a review for the next one, and found again only while nothing has changed."""
