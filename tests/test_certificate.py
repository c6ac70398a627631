"""Certificates: who gets one, what is in it, and that one changed character breaks it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import jwt
import nbformat
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import example, given
from hypothesis import strategies as st
from sources import FRONT, answer, check

from autograder.certificates.certificate_files import certificate_page, read_people
from autograder.certificates.credential import (
    Person,
    issuer_id,
    make_credential,
    public_jwk,
    sign_credential,
    verify_credential,
)
from autograder.certificates.criteria import Criteria, Standing, compute_standings, read_criteria
from autograder.certificates.signing_key import public_key_line, read_signing_key, write_new_key
from autograder.cli.main import main
from autograder.exceptions import CertificateError, UsageError
from autograder.format.release import release
from autograder.format.source import read_exercise
from autograder.grading.gradebook import Mark
from autograder.grading.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from sources import Read

    from autograder.format.source import Exercise

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AWARD = Criteria("Logits", "Can read logits.", "A school", public_key=public_jwk(KEY)["x"])
STANDING = Standing("ada", 46.5, 57.0, 45.6)
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
PAYLOAD = make_credential(AWARD, STANDING, Person("Ada Lovelace", "ada@example.org"), NOW)
TOKEN = sign_credential(PAYLOAD, KEY)
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
CONFIG = 'title = "T"\ndescription = "D"\nissuer = "I"\n'


def part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def test_the_token_is_as_open_badges_demands() -> None:
    assert part(TOKEN, 0) == {"alg": "EdDSA", "typ": "JWT", "jwk": public_jwk(KEY)}
    badge = part(TOKEN, 1)
    assert badge["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (badge["iss"], badge["jti"]) == (badge["issuer"]["id"], badge["id"])
    assert (badge["validFrom"], badge["nbf"]) == ("2026-11-20T12:30:00Z", int(NOW.timestamp()))
    subject = badge["credentialSubject"]
    assert badge["sub"] == subject["id"]
    described = subject["achievement"]["resultDescription"][0]
    assert subject["result"][0]["resultDescription"] == described["id"]
    assert (subject["result"][0]["value"], described["requiredValue"]) == ("46.5", "45.6")
    assert "80 % of the 57 points" in subject["achievement"]["criteria"]["narrative"]
    assert "exp" not in badge


def test_the_signature_is_one_that_another_library_finds_good() -> None:
    signed, _, signature = TOKEN.rpartition(".")
    raw = base64.urlsafe_b64decode(f"{signature}==")
    KEY.public_key().verify(raw, signed.encode())


def test_an_issuer_without_address_is_named_by_the_key() -> None:
    # The example of the did:key method's specification.
    published = "2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6"
    x = base64.urlsafe_b64encode(bytes.fromhex(published)).rstrip(b"=").decode()
    issuer = issuer_id(replace(AWARD, public_key=x))
    assert issuer == "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    assert issuer_id(replace(AWARD, issuer_url="https://example.edu")) == "https://example.edu"


def test_an_email_address_is_only_to_be_compared() -> None:
    name, email = part(TOKEN, 1)["credentialSubject"]["identifier"]
    assert (name["identityType"], name["identityHash"]) == ("name", "Ada Lovelace")
    assert "ada@" not in json.dumps(email)
    digest = hashlib.sha256(b"ada@example.org" + email["salt"].encode()).hexdigest()
    assert email["identityHash"] == f"sha256${digest}"


def test_a_token_says_the_same_after_verifying() -> None:
    assert verify_credential(TOKEN, AWARD) == PAYLOAD


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(BASE64 + ".=+/ é"))
@example(len(TOKEN) - 1, chr(ord(TOKEN[-1]) + 1))
def test_one_changed_character_is_refused(place: int, sign_: str) -> None:
    if TOKEN[place] != sign_:
        with pytest.raises(CertificateError):
            verify_credential(TOKEN[:place] + sign_ + TOKEN[place + 1 :], AWARD)


def test_no_other_last_character_is_taken() -> None:
    """Base64 has unused bits there, in which a change would alter no byte of the signature."""
    for sign_ in set(BASE64) - {TOKEN[-1]}:
        with pytest.raises(CertificateError):
            verify_credential(TOKEN[:-1] + sign_, AWARD)


def resigned(**changed: object) -> str:
    return sign_credential({**PAYLOAD, **changed}, KEY)


LATER = {"nbf": 4102444800, "validFrom": "2100-01-01T00:00:00Z"}
REFUSED = {
    r"it is no token of ours \(Not enough segments\)": "hello",
    "its signature does not match": TOKEN[:-86] + resigned(name="Other")[-86:],
    "it does not hold yet": resigned(**LATER),
    "it has expired": resigned(exp=1, validUntil="1970-01-01T00:00:01Z"),
    "it is no Open Badges credential": resigned(jti="urn:other"),
    "no Open Badges": resigned(type=["VerifiableCredential"]),
    "Open Badges credential": resigned(validFrom="yesterday"),
    "it is no token of ours": jwt.encode(PAYLOAD, "x" * 32, "HS256"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_refused_and_why(reason: str) -> None:
    with pytest.raises(CertificateError, match=reason):
        verify_credential(REFUSED[reason], AWARD)


def test_another_key_is_refused_though_the_token_brings_it() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(CertificateError, match="signature does not match"):
        verify_credential(sign_credential(PAYLOAD, other), AWARD)


def test_a_validity_has_an_end() -> None:
    badge = make_credential(replace(AWARD, valid_days=2), STANDING, Person("Ada"), NOW)
    assert badge["validUntil"] == "2026-11-22T12:30:00Z"
    assert badge["exp"] - badge["nbf"] == timedelta(days=2).total_seconds()


def mark(exercise: str, score: float, most: float = 1.0, penalty: float = 0.0) -> Mark:
    report = Report("ada", exercise, "graded", score, most, "none", 0.0, "key", ())
    return Mark(report, NOW, None, penalty)


@pytest.fixture(scope="module")
def ten(read: Read) -> dict[str, Exercise]:
    """Ten graded exercises of one point, and one for practice that counts for nothing."""
    cells = ("# A title\n\n", answer("### BEGIN SOLUTION\nx = 1\n### END SOLUTION"))
    exercise = read(*cells, check("assert x == 1"))
    practice = replace(exercise, practice=True)
    return {**{f"e{number}": exercise for number in range(10)}, "practice": practice}


DUSTY = [853, 784, 854, 900, 796, 946, 735, 705, 940, 947]  # in floats 7.999999999999999 of 8
LATE = [70, 70, 0, 50, 50, 50, 50, 50, 70, 0]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 100)), min_size=10, max_size=10))
@example([(1000, 0)] * 8)
@example([(1000, 0)] * 7 + [(900, 0)])
@example(list(zip(DUSTY, LATE, strict=True)))
def test_exactly_enough_is_enough(ten: dict[str, Exercise], given: list[tuple[int, int]]) -> None:
    marks = [
        mark(f"e{place}", score / 1000, penalty=late / 1000)
        for place, (score, late) in enumerate(given)
    ]
    (found,) = compute_standings([*marks, mark("practice", 1.0)], AWARD.counted_exercises(ten), 80)
    exact = Fraction(sum(score - late for score, late in given), 1000)
    assert found.has_earned == (exact >= 8)
    assert (found.percent >= 80) == found.has_earned


def test_what_is_late_counts_less(ten: dict[str, Exercise]) -> None:
    marks = [mark(f"e{place}", 1.0, penalty=0.1 * (place == 0)) for place in range(8)]
    (found,) = compute_standings(marks, AWARD.counted_exercises(ten), 80)
    assert (found.has_earned, round(found.score, 9)) == (False, 7.9)


def test_nothing_is_added_up_that_does_not_agree(ten: dict[str, Exercise]) -> None:
    with pytest.raises(UsageError, match="was graded out of 3 points, and is worth 1 now"):
        compute_standings([mark("e0", 1.0, most=3.0)], AWARD.counted_exercises(ten), 80)
    with pytest.raises(UsageError, match="there is no graded exercise"):
        compute_standings([], AWARD.counted_exercises({"practice": ten["practice"]}), 80)


BAD_CONFIGS = {
    "title =": "is not TOML",
    'tilte = "x"': "`tilte` is not known",
    'title = "x"': "`description` is no text",
    f"{CONFIG}percent = 101": "toml:4: `percent` is no number; give one above zero and at most 100",
    f"{CONFIG}valid_days = true": "`valid_days` is no number",
    f'{CONFIG}verify_page = "ftp"': "`verify_page` is no address",
    f'{CONFIG}public_key = "abc"': "`public_key` is no public Ed25519 key",
    f'{CONFIG}public_key = {{ kty = "OKP", crv = "Ed25519", x = "short" }}': "no public Ed25519",
    f'{CONFIG}public_key = {{ kty = "OKP", crv = "Ed25519", x = "{"A" * 43}", d = "A" }}': (
        "no public Ed25519"
    ),
}


@pytest.mark.parametrize("text", BAD_CONFIGS)
def test_a_config_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "certificate.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=BAD_CONFIGS[text]):
        read_criteria(path)


def test_the_exercises_that_count_can_be_listed(tmp_path: Path, ten: dict[str, Exercise]) -> None:
    path = tmp_path / "certificate.toml"
    path.write_text(f'{CONFIG}exercises = ["e1", "e2"]\n')
    criteria = read_criteria(path, ten)
    marks = [mark("e1", 1.0), mark("e3", 1.0)]
    (found,) = compute_standings(marks, criteria.counted_exercises(ten), 50)
    assert (found.score, found.total, found.has_earned) == (1, 2, True)
    badge = make_credential(replace(AWARD, exercises=criteria.exercises), found, Person("Ada"), NOW)
    criteria = badge["credentialSubject"]["achievement"]["criteria"]["narrative"]
    assert criteria == "At least 80 % of the 2 points of these exercises: e1, e2."


BAD_LISTS = {
    'exercises = "e1"': r"toml:5: `exercises` is no list of names; write exercises = \[",
    "exercises = []": r"toml:5: `exercises` is no list of names",
    'exercises = [\n  "e1",\n  "e11",\n]': r"toml:7: `e11` is no exercise; did you mean `e1`\?",
    'exercises = ["practice"]': "toml:5: `practice` is for practice and gives no points; take it",
    'exercises = ["e1", "e1"]': "toml:5: `e1` is there twice; name each exercise once",
}


@pytest.mark.parametrize("text", BAD_LISTS)
def test_a_list_of_exercises_that_cannot_be_used(
    tmp_path: Path, ten: dict[str, Exercise], text: str
) -> None:
    path = tmp_path / "certificate.toml"
    path.write_text(f"{CONFIG}\n{text}\n")
    with pytest.raises(UsageError, match=BAD_LISTS[text]):
        read_criteria(path, {"e1": ten["e1"], "practice": ten["practice"]})


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no file; write it like this"):
        read_criteria(tmp_path / "certificate.toml")


def test_a_new_key_fits_its_config_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.pem"
    config = tmp_path / "certificate.toml"
    config.write_text(CONFIG + public_key_line(write_new_key(path)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    criteria = read_criteria(config)
    assert public_jwk(read_signing_key(path, criteria)) == criteria.jwk
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        write_new_key(path)
    assert path.read_bytes() == before


def test_no_key_is_made_where_it_would_be_published(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path)]
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run([*git, "init", "--quiet"], check=True, env=quiet)
    (tmp_path / ".gitignore").write_text("*.pem\n")
    with pytest.raises(UsageError, match="put it elsewhere, or have git ignore it"):
        write_new_key(tmp_path / "deep" / "key.txt")
    assert not (tmp_path / "deep").exists()
    write_new_key(tmp_path / "key.pem")


def test_a_book_in_no_repository_takes_no_key_either(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").touch()
    with pytest.raises(UsageError, match="may be published by mistake"):
        write_new_key(tmp_path / "key.pem")


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, password: bytes = b"") -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


BAD_KEYS = {
    "cannot be read as a key": b"no key",
    "Password was not given": pem(KEY, b"secret"),
    "of another kind than Ed25519": pem(rsa.generate_private_key(65537, 2048)),
    "does not match the public key": pem(ed25519.Ed25519PrivateKey.generate()),
}


@pytest.mark.parametrize("reason", BAD_KEYS)
def test_a_key_that_cannot_sign(tmp_path: Path, reason: str) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(BAD_KEYS[reason])
    with pytest.raises(UsageError, match=reason):
        read_signing_key(path, AWARD)


def test_a_key_that_is_missing_or_not_published(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(UsageError, match="is no file; make a key with --new-key"):
        read_signing_key(path, AWARD)
    path.write_bytes(pem(KEY))
    with pytest.raises(UsageError, match=f"publishes no key yet.*\n.*{AWARD.public_key}"):
        read_signing_key(path, replace(AWARD, public_key=""))


def test_people_have_names(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with pytest.raises(UsageError, match="is no file"):
        read_people(path)
    path.write_text("student_id,name,email\nada,Ada Lovelace,\nbob,,\n")
    with pytest.raises(UsageError, match=r"people\.csv:3: has no student_id or no name"):
        read_people(path)
    path.write_bytes(b"student_id,name\n\xff,x\n")
    with pytest.raises(UsageError, match="is no CSV in UTF-8"):
        read_people(path)


def test_what_is_too_long_for_a_code_says_so() -> None:
    criteria = replace(AWARD, description="long " * 400)
    token = sign_credential(make_credential(criteria, STANDING, Person("Ada"), NOW), KEY)
    with pytest.raises(CertificateError, match="a QR code holds 2953 characters"):
        certificate_page(token, criteria)


def test_a_name_cannot_break_the_page() -> None:
    badge = make_credential(AWARD, STANDING, Person("<script>alert(1)</script>"), NOW)
    assert "<script>" not in certificate_page(sign_credential(badge, KEY), AWARD)


# ---- The command, on marks that `grade` has given.

POINTS = {"four": 4, "one": 1}
HANDED_IN = {"ada": ("four", "one"), "bob": ("four",), "cyd": ("one",)}
RIGHT = "x = 1"


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which a class has been graded: out of 5 points 5, 4 and 1."""
    folder = tmp_path_factory.mktemp("class")
    for slug, points in POINTS.items():
        source = folder / "sources" / f"{slug}.md"
        source.parent.mkdir(exist_ok=True)
        cells = (
            answer("### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
            check("assert x == 1", points=points),
        )
        source.write_text(FRONT + f"# {slug}\n\n" + "".join(cells), "utf-8")
        notebook = release(read_exercise(source))
        (cell,) = [cell for cell in notebook.cells if cell.id == "answer"]
        cell.source = RIGHT
        for student in [name for name, handed_in in HANDED_IN.items() if slug in handed_in]:
            path = folder / "in" / student / f"{slug}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
    grade = ["grade", str(folder / "in"), "--exercises", str(folder / "sources")]
    assert main([*grade, "--to", str(folder / "out"), "--jobs", "1"]) == 0
    line = public_key_line(write_new_key(folder / "key.pem"))
    (folder / "sources" / "certificate.toml").write_text(CONFIG + line)
    return folder


def certify(marks: Path, *options: str) -> int:
    sources = ("--exercises", str(marks / "sources"), "--key", str(marks / "key.pem"))
    return main(["certificate", str(marks / "out"), *sources, *options])


@pytest.mark.slow
def test_who_meets_the_criterion_gets_a_certificate(
    marks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = marks / "people.csv"
    people.write_text("student_id,name,email\nbob,Bob Ross,\n")
    assert certify(marks, "--people", str(people)) == 0
    folder = marks / "out" / "certificates"
    assert capsys.readouterr().out.splitlines() == [
        f"ada: 5 of 5 points (100 %), 1 to spare, {folder}/ada.html",
        f"bob: 4 of 5 points (80 %), 0 to spare, {folder}/bob.html",
        "cyd: 1 of 5 points (20 %), 3 too few",
        "2 of 3 meet 80 %",
    ]
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in ("ada", "bob") for kind in ("jwt", "html")
    }
    criteria = read_criteria(marks / "sources" / "certificate.toml")
    token = (folder / "bob.jwt").read_text().strip()
    subject = verify_credential(token, criteria)["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == "Bob Ross"
    assert subject["result"][0]["value"] == "4"
    assert "4 of 5 points" in (folder / "bob.html").read_text()
    assert certify(marks, "--people", str(people)) == 0
    assert (folder / "bob.jwt").read_text().strip() == token  # says the same: keeps its date
    assert certify(marks, "--student", "bob") == 0
    assert (folder / "bob.jwt").read_text().strip() != token  # says another name


@pytest.mark.slow
def test_the_command_says_what_is_missing(
    marks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert certify(marks, "--student", "eve") == 2
    assert "eve: has no marks" in capsys.readouterr().err
    assert main(["certificate", str(tmp_path)]) == 2
    assert "certificate OUT --key FILE" in capsys.readouterr().err
    sources = ["--exercises", str(marks / "sources"), "--key", str(marks / "key.pem")]
    assert main(["certificate", str(tmp_path), *sources]) == 2
    assert "holds no grade book" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    broken = marks / "sources" / "broken.md"
    broken.write_text("### END SOLUTION")
    try:
        assert certify(marks) == 2
    finally:
        broken.unlink()
    assert "not every exercise can be read" in capsys.readouterr().err


@pytest.mark.slow
def test_what_nobody_handed_in_counts_unless_the_others_are_listed(
    marks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, sources = marks / "sources" / "certificate.toml", marks / "sources"
    before = config.read_text()
    (sources / "later.md").write_text((sources / "four.md").read_text())
    try:
        assert certify(marks, "--student", "ada") == 0
        said = capsys.readouterr()
        assert "ada: 5 of 9 points (55.5 %)" in said.out
        assert "nobody handed in later, which count too; `exercises` in certificate" in said.err
        config.write_text(f'{before}\nexercises = ["four", "one"]\n')
        assert certify(marks, "--student", "ada") == 0
        said = capsys.readouterr()
        assert ("ada: 5 of 5 points" in said.out, said.err) == (True, "")
    finally:
        (sources / "later.md").unlink()
        config.write_text(before)


def test_the_command_makes_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certificate", "--new-key", str(tmp_path / "key.pem")]) == 0
    printed = capsys.readouterr().out
    assert 'public_key = { kty = "OKP", crv = "Ed25519", x = "' in printed
    assert "PRIVATE" not in printed
