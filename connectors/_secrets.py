"""Secrets from the environment or from a file, never from the config itself."""

import os
from pathlib import Path

from connectors import Cure, SourceError


def secret(what: str, env: str | None, file: Path | None, cure: str) -> str:
    """One line of printable ASCII, from ``file`` if there is one, else from the environment variable ``env``.

    Args:
        what: what it is, such as "X's token"; for messages.
        env: name of a variable.
        file: path of a file that holds it and nothing else.
        cure: how to get one.

    Raises:
        SourceError: there is none, or it is no secret.
    """
    where = f"the file {file}" if file else f"the environment variable {env}"
    try:
        found = (file.read_text("ascii") if file else os.environ[env or ""]).strip()
    except (OSError, KeyError, UnicodeDecodeError) as missing:
        raise SourceError(f"{where} with {what} cannot be read; {cure}", cure=Cure.PERSON) from missing
    if not found or not found.isprintable() or not found.isascii():
        raise SourceError(f"{where} with {what} is empty or not one line of ASCII; {cure}", cure=Cure.PERSON)
    return found
