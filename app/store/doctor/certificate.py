"""The site's certificate: whether it is there, whose it is, how long it holds."""

import datetime as dt
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.store.doctor.finding import Finding

LEAST_VALID = dt.timedelta(days=14)
PUBLIC = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def examine(file: Path, key: Path, hosts: Sequence[str], *, now: dt.datetime) -> Iterator[Finding]:
    """What is wrong with the certificate, or that it holds."""
    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Finding("error", "doctor.secret_open", {"file": str(key)})
    found, public = read(file), _public(key)
    if found is None or public is None:
        wrong = file if found is None else key
        yield Finding("error", "deploy.tls_unreadable", {"file": str(wrong)})
        return
    if found.public_key().public_bytes(*PUBLIC) != public:
        yield Finding("error", "deploy.tls_other_key", {"certificate": str(file), "key": str(key)})
    absent = [host for host in hosts if not covers(found, host)]
    if absent:
        yield Finding("error", "deploy.tls_names", {"hosts": ", ".join(absent)})
    yield _validity(found, now)


def _validity(found: x509.Certificate, now: dt.datetime) -> Finding:
    fields: dict[str, object] = {
        "until": found.not_valid_after_utc.date().isoformat(),
        "days": (found.not_valid_after_utc - now).days,
    }
    if found.not_valid_before_utc > now:
        return Finding(
            "error", "deploy.tls_not_yet", {"since": found.not_valid_before_utc.date().isoformat()}
        )
    if found.not_valid_after_utc - now < LEAST_VALID:
        return Finding("error", "deploy.tls_ends", fields)
    return Finding("ok", "deploy.tls", fields)


def read(file: Path) -> x509.Certificate | None:
    """The first certificate of a PEM file: the server's own; None if there is none in it."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())[0]
    except ValueError:
        return None


def _public(key: Path) -> bytes | None:
    """Public half of a key; None if it is no key or asks for a passphrase, which nginx could not give."""
    try:
        return load_pem_private_key(key.read_bytes(), None).public_key().public_bytes(*PUBLIC)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def covers(found: x509.Certificate, host: str) -> bool:
    """Whether browsers take the certificate for this name; a star stands for one part."""
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    wanted = {host.lower(), f"*.{host.lower().partition('.')[2]}"}
    return any(name.lower() in wanted for name in names.get_values_for_type(x509.DNSName))
