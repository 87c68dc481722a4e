"""A CA of a test: certificates and revocation lists of every kind, good and bad."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Authority:
    """A CA, of itself or below another, and the moment around which its certificates are in force."""

    now: datetime
    name: str = "湖南测试 CA"
    above: "Authority | None" = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def certificate(self) -> x509.Certificate:
        signer = self.above or self
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False
        )
        rest = dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False)
        built = (
            self._begun(named(self.name), named(signer.name), self.key, (-100 * DAY, 1000 * DAY))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage, **rest, key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )
        if self.above:
            known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
            built = built.add_extension(known, critical=False)
        return built.sign(signer.key, SHA256())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(
        self,
        serial: int = 0x2A,
        *,
        purposes: Sequence[x509.ObjectIdentifier] = (CLIENT,),
        within: tuple[timedelta, timedelta] = (-DAY, DAY),
    ) -> bytes:
        """Somebody's certificate, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        built = self._begun(named("张三·演示"), named(self.name), key, within, serial)
        if purposes:
            built = built.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        return built.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def revoke(self, *serials: int, until: timedelta = DAY) -> bytes:
        """A list of revocations, as PEM."""
        built = x509.CertificateRevocationListBuilder().issuer_name(named(self.name))
        built = built.last_update(self.now - 10 * DAY).next_update(self.now + until)
        for serial in serials:
            gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now - DAY).build()
            built = built.add_revoked_certificate(gone)
        return built.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def _begun(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        within: tuple[timedelta, timedelta],
        serial: int | None = None,
    ) -> x509.CertificateBuilder:
        begun = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        begun = begun.serial_number(serial or x509.random_serial_number())
        return begun.not_valid_before(self.now + within[0]).not_valid_after(self.now + within[1])
