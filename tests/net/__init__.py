"""The net below the package: goldens of six whole reviews.

`test_net.py` walks a binary review, the same with complete labels, a multiclass one, a regression, a ranking and
supplied predictions, and compares findings, soundness, answers, decision and the text of the page with
`goldens/<name>.json`. Where a change of behaviour is meant, write the goldens anew, read the summary of what differs
and the diff of the files, and commit both with the change:

    python -m tests.net --renew              all six
    python -m tests.net --renew ranking      only the named ones
    python -m tests.net                      compare, and write nothing

Goldens belong to the locked versions of the libraries (`uv.lock`); with others, last digits and counts may differ.
What is masked, because clock or machine decide it, stands in `masks.py`.
"""
