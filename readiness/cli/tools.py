"""The commands that stand beside a review: keygen, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readiness.cli.app import command
from readiness.cli.options import PassphraseFd
from readiness.exceptions import InputError
from readiness.telling import say


@command
def keygen(
    out: Annotated[Path, typer.Option("--out", metavar="PEM", help="Where to write the private key.")] = Path(
        "readiness.pem"
    ),
    algorithm: Annotated[str, typer.Option(metavar="KIND", help="ecdsa-p256 or ed25519.")] = "ecdsa-p256",
    no_passphrase: Annotated[bool, typer.Option("--no-passphrase", help="Leave the key file unprotected.")] = False,
    passphrase_fd: PassphraseFd = None,
) -> int:
    """Make a pair of keys. The private one signs and stays with you, the public one goes to the readers."""
    from readiness.passphrases import new
    from readiness.signing.keys import ECDSA_P256, ED25519, generate, write_key_pair
    from readiness.signing.memory import close_memory

    if algorithm not in (ECDSA_P256, ED25519):
        raise InputError(f"There are no keys of the kind {algorithm!r}.", remedy=f"Use {ECDSA_P256} or {ED25519}.")
    if no_passphrase and passphrase_fd is not None:
        raise InputError("Found both --no-passphrase and --passphrase-fd; expected one of them.")
    close_memory()
    passphrase = None if no_passphrase else new(out, passphrase_fd)
    pair = generate(algorithm)
    public = write_key_pair(pair, out, passphrase)
    say(f"Private key: {out}{'' if passphrase else ' (not protected by a passphrase)'}")
    say(f"Public key:  {public}", f"Key id:      {pair.public.keyid}")
    say("Give the public key to your readers, and tell them the key id by another way than the report.")
    return 0


@command
def schema(
    checklist: Annotated[bool, typer.Option("--checklist", help="Of a checklist file that specs share.")] = False,
) -> int:
    """Print the JSON Schema of the spec, for editors."""
    import json

    from readiness.spec.schema import checklist_schema, spec_schema

    print(json.dumps(checklist_schema() if checklist else spec_schema(), indent=2, ensure_ascii=False))
    return 0
