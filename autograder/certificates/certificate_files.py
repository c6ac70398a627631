"""Certificates as files: the signed token, and a page to print with a code that holds it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.certificates.credential import Person, credential, sign, verify
from autograder.exceptions import CertificateError, UsageError
from autograder.files import replace_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from autograder.certificates.criteria import Award, Standing

FOLDER = "certificates"
_TIMES = ("validFrom", "validUntil", "nbf", "exp")
_BACK = timedelta(minutes=1)  # another clock may be a little behind


def read_people(path: Path) -> dict[str, Person]:
    """Read the table of names: ``student_id``, ``name`` and, if wanted, ``email``.

    Raises
    ------
    UsageError
        Naming file and line, where it cannot be understood.

    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise UsageError(f"{path}: is no file; name a table of student_id, name, email") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: is no CSV in UTF-8 ({error}); save it as such") from error
    people = {}
    for line, row in enumerate(rows, start=2):
        student, name = ((row.get(column) or "").strip() for column in ("student_id", "name"))
        if not student or not name:
            raise UsageError(f"{path}:{line}: has no student_id or no name; fill in both")
        people[student] = Person(name, (row.get("email") or "").strip())
    return people


def issue(
    to: Path,
    award: Award,
    key: Ed25519PrivateKey,
    standings: Iterable[Standing],
    people: Mapping[str, Person],
) -> None:
    """Write ``<student>.jwt`` and ``<student>.html`` for each of them, all or none.

    A certificate that says the same already stays as it is, with its date.
    """
    wanted: dict[Path, str] = {}
    now = datetime.now(UTC) - _BACK
    for standing in standings:
        path = to / FOLDER / f"{standing.student}.jwt"
        person = people.get(standing.student, Person(standing.student))
        payload = credential(award, standing, person, now)
        token = _kept(path, payload, award) or sign(payload, key)
        wanted[path] = f"{token}\n"
        wanted[path.with_suffix(".html")] = certificate_page(token, award)
    replace_texts(wanted)


def _kept(path: Path, payload: Mapping[str, Any], award: Award) -> str:
    """Return the token that is there, if it holds and says the same as ``payload``."""
    try:
        token = path.read_text("utf-8").strip()
        before = verify(token, award)
    except (OSError, UnicodeDecodeError, CertificateError):
        return ""
    return token if _timeless(before) == _timeless(payload) else ""


def _timeless(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _TIMES}


def certificate_page(token: str, award: Award) -> str:
    """Return a certificate as one sheet: a whole HTML page that needs nothing else."""
    environment = Environment(
        loader=PackageLoader("autograder.certificates"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("certificate.html")
    link = f"{award.verify_page}#{token}" if award.verify_page else ""
    badge = verify(token, award)
    days = {name: _day(badge.get(name)) for name in ("validFrom", "validUntil")}
    return page.render(badge=badge, days=days, award=award, link=link, code=_code(link or token))


def _day(stamp: str | None) -> str:
    return f"{datetime.fromisoformat(stamp):%-d %B %Y}" if stamp else ""


def _code(content: str) -> Markup:
    """Draw the QR code, as tolerant of dirt as its size allows.

    Raises
    ------
    CertificateError
        When there is more to say than a QR code holds.

    """
    try:
        code = segno.make_qr(content, error="l")
    except segno.DataOverflowError:
        raise CertificateError(
            f"a QR code holds 2953 characters, and the certificate has {len(content)}; "
            "shorten title, description or names"
        ) from None
    svg = code.svg_inline(omitsize=True, border=4, light="#fff", title="The certificate")
    return Markup(svg)  # noqa: S704 - drawn by the library, from a token
