"""Names and texts of learners, made fit for a screen and for a disk."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Signs that print as nothing although Unicode counts them as letters or marks.
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
_INVISIBLE = re.compile(f"[{_BLANKS}\U000e0100-\U000e01ef]")
_UNSAFE = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069]"
)
_PLAIN_SIGNS = frozenset(" @._+,()'=-")
_PLAIN_BYTES = 100  # of 255 that file systems allow: endings and escapes have to fit as well
_KEPT_SIGNS = 24
_DIGEST_LENGTH = 16
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_OWN_ENDINGS = (".json", ".html")


def legible(name: str) -> str:
    """Escape what nobody can read in a name, and the escape sign, so that names stay distinct."""
    return "".join(sign if _is_visible(sign) and sign != "\\" else _escape(sign) for sign in name)


def shown(text: str) -> str:
    """Escape what no terminal and no page must get: control signs, and those that turn lines round.

    Lone surrogates, which no file can hold, count as such. Signs that join letters stay, since
    some languages are written with them, and so do line ends and tabs.
    """
    return _UNSAFE.sub(lambda found: _escape(found[0]), text.replace("\r\n", "\n"))


def file_name(name: str) -> str:
    """Return a name for a file or folder: short, safe on every system, and of this ``name`` alone.

    An ordinary name is its own. Any other gets the digest of the whole behind ``~``, which no
    ordinary name holds.
    """
    if _is_plain(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9@._-]+", "_", ascii_).lstrip("-._")[:_KEPT_SIGNS]
    return f"{kept}~{digest}"


def file_path(name: str) -> str:
    """Return :func:`file_name` of each part of ``<assignment>/<notebook>``.

    No folder is called like a report: ``a.json/b`` would lie where the report on ``a`` has to.
    """
    *folders, last = name.split("/")
    safe = [_folder_name(folder) for folder in folders]
    return "/".join([*safe, file_name(last)])


def _folder_name(name: str) -> str:
    # A sign that is not plain has it hashed like any other odd name.
    return file_name(f"{name}/" if name.lower().endswith(_OWN_ENDINGS) else name)


def _is_plain(name: str) -> bool:
    return (
        all(_is_plain_sign(sign) for sign in name)
        and 0 < len(name.encode("utf-8", "surrogatepass")) <= _PLAIN_BYTES
        # Systems that compose letters would take two of these for one.
        and unicodedata.is_normalized("NFC", name)
        and name[0] not in "-. "
        and name[-1] not in ". "
        and not _RESERVED.fullmatch(name)
    )


def _is_plain_sign(sign: str) -> bool:
    # Letters, marks and digits of any script.
    return sign in _PLAIN_SIGNS or (unicodedata.category(sign)[0] in "LMN" and _is_visible(sign))


def _is_visible(sign: str) -> bool:
    return sign.isprintable() and not _INVISIBLE.match(sign)


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
