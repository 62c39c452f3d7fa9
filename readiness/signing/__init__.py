"""Who vouches for a report: keys, signatures, and the file that carries both page and proof.

`layout` is the file as bytes, `statement` what is claimed, `envelope` how a claim is signed, `keys` who signs,
`encrypted`, `guessable` and `memory` what protects a key at rest and in use, and `reports` the operations on a whole
report. Import from the modules; nothing is loaded here.
"""
