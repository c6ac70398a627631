"""Make, sign and verify a certificate: an Open Badges 3.0 credential in a JSON web token.

The form is that of Open Badges 3.0, section 8.2, "JSON Web Token Proof Format", on the Verifiable
Credentials Data Model 2.0: the payload is the credential itself, the claims ``iss``, ``jti``,
``nbf``, ``sub`` and ``exp`` repeat what it says, and the header holds the public key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from autograder.exceptions import CertificateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autograder.certificates.criteria import Criteria, Standing

_JSONLD_CONTEXT = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PREFIX = b"\xed\x01"  # what a did:key says its key is
_SALT_LENGTH = 8  # characters


@dataclass(frozen=True)
class Person:
    """A learner's name, which is published, and e-mail address, of which only a digest is."""

    name: str
    email: str = ""


def make_credential(
    criteria: Criteria, standing: Standing, person: Person, now: datetime
) -> dict[str, Any]:
    """Return the credential of one learner, to be signed.

    The same learner, issuer and title always give the same ``id``: of two such credentials the
    newer replaces the older.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    issuer = issuer_id(criteria)
    subject = _derived_uuid(issuer, standing.student)
    badge = {
        "@context": list(_JSONLD_CONTEXT),
        "id": _derived_uuid(issuer, standing.student, criteria.title),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": criteria.title,
        "issuer": {"id": issuer, "type": ["Profile"], "name": criteria.issuer},
        "validFrom": _format_time(now),
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "identifier": _identifiers(person, subject),
            "achievement": _achievement(criteria, standing, issuer),
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": _derived_uuid(issuer, criteria.title, "points"),
                    "value": f"{standing.score:.10g}",
                }
            ],
        },
    }
    claims = {"iss": issuer, "jti": badge["id"], "nbf": int(now.timestamp()), "sub": subject}
    if criteria.valid_days:
        end = now + timedelta(days=criteria.valid_days)
        badge["validUntil"], claims["exp"] = _format_time(end), int(end.timestamp())
    return badge | claims


def sign_credential(payload: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Return ``payload`` as a token; Open Badges requires ``typ`` JWT, not ``vc+jwt``."""
    return jwt.encode(dict(payload), key, "EdDSA", headers={"typ": "JWT", "jwk": public_jwk(key)})


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """Return the public half of a key as a JSON web key (RFC 8037)."""
    x = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x}


def verify_credential(token: str, criteria: Criteria) -> dict[str, Any]:
    """Return the credential in ``token`` if the published key signed it and it is valid now.

    The key in the token's header is ignored: whoever forges a token can write one there.

    Raises
    ------
    CertificateError
        With the reason.
    """
    try:
        header = jwt.get_unverified_header(token)
        payload: dict[str, Any] = jwt.decode(
            token,
            Ed25519PublicKey.from_public_bytes(_decode_base64url(criteria.public_key)),
            ["EdDSA"],
            options={"require": ["iss", "jti", "nbf", "sub"]},
        )
    except jwt.ImmatureSignatureError:
        raise CertificateError("it does not hold yet") from None
    except jwt.ExpiredSignatureError:
        raise CertificateError("it has expired") from None
    except jwt.InvalidSignatureError:
        raise CertificateError("its signature does not match what it says") from None
    except (jwt.PyJWTError, ValueError) as error:
        raise CertificateError(f"it is no token of ours ({error})") from error
    if header.get("typ") != "JWT" or not _claims_agree(payload):
        raise CertificateError("it is no Open Badges credential")
    return payload


def _claims_agree(payload: Mapping[str, Any]) -> bool:
    """Return whether the token's claims repeat the credential, as section 8.2.6.1 requires."""
    try:
        said = {
            "iss": payload["issuer"]["id"],
            "jti": payload["id"],
            "nbf": _unix_seconds(payload["validFrom"]),
            "sub": payload["credentialSubject"]["id"],
            "exp": _unix_seconds(payload["validUntil"]) if "validUntil" in payload else None,
        }
        is_badge = "OpenBadgeCredential" in payload["type"]
    except (KeyError, TypeError, ValueError):
        return False
    return is_badge and all(payload.get(claim) == value for claim, value in said.items())


def issuer_id(criteria: Criteria) -> str:
    """Return the issuer's address; without one, the public key as a ``did:key`` identifier."""
    # An address can be looked up; a did:key says no more than the key itself.
    if criteria.issuer_url:
        return criteria.issuer_url
    number = int.from_bytes(_ED25519_PREFIX + _decode_base64url(criteria.public_key))
    digits = ""
    while number:
        number, digit = divmod(number, len(_BASE58))
        digits = _BASE58[digit] + digits
    return f"did:key:z{digits}"


def _achievement(criteria: Criteria, standing: Standing, issuer: str) -> dict[str, Any]:
    of = (
        f"these exercises: {', '.join(criteria.exercises)}"
        if criteria.exercises
        else "all graded exercises"
    )
    return {
        "id": _derived_uuid(issuer, criteria.title),
        "type": ["Achievement"],
        "name": criteria.title,
        "description": criteria.description,
        "criteria": {
            "narrative": f"At least {criteria.percent:g} % of the {standing.total:g} points of "
            f"{of}."
        },
        "resultDescription": [
            {
                "id": _derived_uuid(issuer, criteria.title, "points"),
                "type": ["ResultDescription"],
                "name": "Points",
                "resultType": "RawScore",
                "valueMax": f"{standing.total:.10g}",
                "requiredValue": f"{standing.needed:.10g}",
            }
        ],
    }


def _identifiers(person: Person, subject: str) -> list[dict[str, Any]]:
    identity = {"type": "IdentityObject"}
    name = {**identity, "hashed": False, "identityHash": person.name, "identityType": "name"}
    if not person.email:
        return [name]
    # Derived, not random: the same learner gets the same certificate again.
    salt = subject[-_SALT_LENGTH:]
    digest = hashlib.sha256(f"{person.email}{salt}".encode()).hexdigest()
    hashed = {"hashed": True, "identityHash": f"sha256${digest}", "salt": salt}
    return [name, {**identity, **hashed, "identityType": "emailAddress"}]


def _derived_uuid(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(parts))}"


def _format_time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _unix_seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


def _decode_base64url(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
