"""Write certificates: the signed token, and a page to print with the token as a QR code."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.certificates.credential import (
    Person,
    make_credential,
    sign_credential,
    verify_credential,
)
from autograder.exceptions import CertificateError, UsageError
from autograder.files import replace_texts
from autograder.names import file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from autograder.certificates.criteria import Criteria, Standing

CERTIFICATES_FOLDER = "certificates"
_TIME_CLAIMS = ("validFrom", "validUntil", "nbf", "exp")
_CLOCK_TOLERANCE = timedelta(minutes=1)  # another clock may be a little behind


def read_people(path: Path) -> dict[str, Person]:
    """Read a CSV table of names: ``student_id``, ``name`` and, if wanted, ``email``.

    Raises
    ------
    UsageError
        Naming file and line, where it cannot be understood.
    """
    try:
        # Spreadsheets write a mark at the beginning that would be part of the first name.
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


def issue_certificates(
    to: Path,
    criteria: Criteria,
    key: Ed25519PrivateKey,
    standings: Iterable[Standing],
    people: Mapping[str, Person],
) -> None:
    """Write ``<student>.jwt`` and ``<student>.html`` for each standing, all of them or none.

    A certificate that says the same already keeps its date and is not touched.

    Parameters
    ----------
    to
        The folder of marks; certificates go into a folder of their own in it.
    criteria
        Whose criterion the standings meet.
    key
        Signs.
    standings
        Those who have earned a certificate.
    people
        Names and addresses, by student; without one the student's id is the name.

    Raises
    ------
    CertificateError
        When a certificate is too long for a QR code.
    """
    wanted: dict[Path, str] = {}
    now = datetime.now(UTC) - _CLOCK_TOLERANCE
    for standing in standings:
        path = to / CERTIFICATES_FOLDER / f"{file_name(standing.student)}.jwt"
        person = people.get(standing.student, Person(standing.student))
        payload = make_credential(criteria, standing, person, now)
        # An unchanged certificate keeps its date: the learner may have a copy already.
        token = _unchanged_token(path, payload, criteria) or sign_credential(payload, key)
        wanted[path] = f"{token}\n"
        wanted[path.with_suffix(".html")] = certificate_page(token, criteria)
    replace_texts(wanted)


def _unchanged_token(path: Path, payload: Mapping[str, Any], criteria: Criteria) -> str:
    """Return the token in the file ``path`` if it is valid and says the same, else ""."""
    try:
        token = path.read_text("utf-8").strip()
        before = verify_credential(token, criteria)
    except (OSError, UnicodeDecodeError, CertificateError):
        return ""
    return token if _without_times(before) == _without_times(payload) else ""


def _without_times(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _TIME_CLAIMS}


def certificate_page(token: str, criteria: Criteria) -> str:
    """Return a certificate as an HTML page, to print on one sheet, that loads no other file."""
    environment = Environment(
        loader=PackageLoader("autograder.certificates"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("certificate.html")
    link = f"{criteria.verify_page}#{token}" if criteria.verify_page else ""
    badge = verify_credential(token, criteria)
    days = {name: _format_day(badge.get(name)) for name in ("validFrom", "validUntil")}
    return page.render(
        badge=badge, days=days, criteria=criteria, link=link, code=_draw_qr_code(link or token)
    )


def _format_day(stamp: str | None) -> str:
    return f"{datetime.fromisoformat(stamp):%-d %B %Y}" if stamp else ""


def _draw_qr_code(content: str) -> Markup:
    """Return a QR code as SVG, with as much error correction as its size allows.

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
