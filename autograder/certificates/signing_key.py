"""Make and read the instructor's signing key, and keep it out of the book's repository."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from autograder.certificates.credential import public_jwk
from autograder.certificates.criteria import CRITERIA_FILE
from autograder.exceptions import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from autograder.certificates.criteria import Criteria

_ROOT_MARKS = (
    ".git",
    "_toc.yml",
)  # what marks the top of a repository, or of a book that is in none


def write_new_key(path: Path) -> dict[str, str]:
    """Write a new key, readable by its owner only, and return its public half.

    Raises
    ------
    UsageError
        When there is a file already, or the folder belongs to a repository that does not ignore it.
    """
    root = _enclosing_repository(path.resolve().parent)
    if root is not None and not _is_ignored(path.resolve()):
        raise UsageError(
            f"{path}: lies in {root}, where a key may be published by mistake; "
            "put it elsewhere, or have git ignore it"
        )
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Private from the start: a key that was readable for a moment is no secret.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path}: exists already; a key is never replaced, name another") from None
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    return public_jwk(key)


def read_signing_key(path: Path, criteria: Criteria) -> Ed25519PrivateKey:
    """Read the key, and require that its public half is the one that the book publishes.

    Raises
    ------
    UsageError
        Naming the file, what is wrong with it and what to do.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise UsageError(f"{path}: is no file; make a key with --new-key {path}") from None
    except (TypeError, ValueError) as error:  # encrypted, or no key at all
        raise UsageError(
            f"{path}: cannot be read as a key ({_first_line(error)}); {_REMEDY}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: is a key of another kind than Ed25519; {_REMEDY}")
    if not criteria.public_key:
        line = public_key_line(public_jwk(key))
        raise UsageError(
            f"{CRITERIA_FILE}: publishes no key yet; add this line, build the book:\n{line}"
        )
    if public_jwk(key) != criteria.jwk:
        raise UsageError(
            f"{path}: does not match the public key in {CRITERIA_FILE}, so that nobody could "
            "verify what it signs; use the key that belongs to it"
        )
    return key


def public_key_line(jwk: dict[str, str]) -> str:
    """Return the line of ``certificate.toml`` that publishes a key."""
    members = ", ".join(f'{name} = "{value}"' for name, value in jwk.items())
    return f"public_key = {{ {members} }}"


def _enclosing_repository(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        if any((place / name).exists() for name in _ROOT_MARKS):
            return place
    return None


def _is_ignored(path: Path) -> bool:
    folder = next(place for place in path.parents if place.is_dir())
    command = ["git", "-C", str(folder), "check-ignore", "--quiet", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our words
    except FileNotFoundError:  # no git, so nobody to ignore it
        return False
    return done.returncode == 0


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


_REMEDY = "make one with `autograder certificate --new-key FILE`"
