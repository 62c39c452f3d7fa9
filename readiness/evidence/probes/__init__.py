"""What does the candidate cost, and what does it do with rows that nobody wishes for?"""
