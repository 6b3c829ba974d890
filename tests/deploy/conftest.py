import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "risk.ornek.bel.tr"
# these programs read what the installer writes; where a machine lacks them there is nothing to ask
collect_ignore = [
    name
    for name, program in (("test_front_door.py", "nginx"), ("test_units_by_systemd.py", "systemd-analyze"))
    if shutil.which(program) is None
]


@pytest.fixture(scope="session")
def new_certificate():
    """Write a self-signed certificate for names and its key, both as PEM files."""

    def _new(folder, *names, begins=-1, days=365, key=None):
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mahalle")])
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=begins))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
            .sign(key, hashes.SHA256())
        )
        certificate, secret = folder / "site.crt", folder / "site.key"
        certificate.write_bytes(made.public_bytes(Encoding.PEM))
        secret.touch(mode=0o600)
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, secret

    return _new


@pytest.fixture(scope="session")
def install():
    """Run the installer for its files only, below a folder."""

    def _install(root, *words):
        command = ["bash", DEPLOY / "install.sh", "--files-only", "--root", root, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return _install


@pytest.fixture(scope="session")
def installed(tmp_path_factory, install, new_certificate):
    """A folder with the files of a first installation."""
    root = tmp_path_factory.mktemp("root")
    certificate, key = new_certificate(tmp_path_factory.mktemp("tls"), HOST)
    done = install(root, "--host-name", HOST, "--tls-cert", certificate, "--tls-key", key)
    assert done.returncode == 0, done.stderr
    return root
