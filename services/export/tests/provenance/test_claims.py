"""Claims are signed where a signer is set up, read back by the library's own reader, and break with the file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from chassis.settings import SettingsError, load
from contracts.enums import Platform
from contracts.export import KitCompleted, RenditionCompleted
from export.provenance.claims import Signer, UnfitSigner, sign, signer_of
from export.provenance.source_type import SOURCE_TYPE, mark_picture, mark_video, stated_in
from export.settings import Settings
from media.video.probe import probe


def a_chain(key: Any, name: str = "Example Studio") -> tuple[str, str]:
    """A certificate for ``key`` by an authority made for it, and that; and the key. All PEM."""
    now = datetime.now(UTC)
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Root")])

    def certificate(subject: x509.Name, public: Any, *, authority: bool) -> x509.Certificate:
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment"), False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_agreement=False,
                    key_cert_sign=authority,
                    crl_sign=authority,
                    encipher_only=False,
                    decipher_only=False,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )
        if not authority:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
            )
        return builder.sign(root_key, hashes.SHA256())

    own = certificate(
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]), key.public_key(), authority=False
    )
    root = certificate(root_name, root_key.public_key(), authority=True)
    chain = "".join(one.public_bytes(Encoding.PEM).decode() for one in (own, root))
    return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def signer() -> Signer:
    return signer_of(*a_chain(ec.generate_private_key(ec.SECP256R1())))


def claim_in(path: Path) -> tuple[dict[str, Any], str]:
    """The claim, and whether it is valid."""
    with c2pa.Reader(path) as reader:
        found = reader.get_active_manifest()
        return found, reader.get_validation_state()


def test_a_video_has_a_claim_and_is_played_as_before(
    tmp_path: Path, write_video: Callable[..., None], signer: Signer
) -> None:
    write_video(path := tmp_path / "video.mp4", 1.0)
    mark_video(path)
    before = probe(path)
    sign(path, "A kettle", signer)
    claim, state = claim_in(path)
    assert state == "Valid"
    assert claim["title"] == "A kettle"
    assert claim["signature_info"]["issuer"] == signer.name == "Example Studio"
    (actions,) = (one["data"]["actions"] for one in claim["assertions"] if one["label"].startswith("c2pa.actions"))
    assert (actions[0]["action"], actions[0]["digitalSourceType"]) == ("c2pa.created", SOURCE_TYPE)
    assert stated_in(path) == SOURCE_TYPE
    after = probe(path)
    assert (after.duration, after.streams) == (before.duration, before.streams)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 15


def test_a_cover_has_a_claim_which_breaks_with_its_pixels(tmp_path: Path, signer: Signer) -> None:
    path = tmp_path / "cover.jpg"
    Image.effect_noise((64, 64), 60).convert("RGB").save(path)
    mark_picture(path)
    sign(path, "cover.jpg", signer)
    assert claim_in(path)[1] == "Valid"
    assert stated_in(path) == SOURCE_TYPE
    with Image.open(path) as image:
        image.load()
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    assert claim_in(path)[1] == "Invalid"


def test_other_files_stay_as_they_are(tmp_path: Path, signer: Signer) -> None:
    (path := tmp_path / "captions.srt").write_text("1")
    sign(path, "x", signer)
    assert path.read_text() == "1"


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP384R1()), "es384"),
        (ed25519.Ed25519PrivateKey.generate, "ed25519"),
        (lambda: rsa.generate_private_key(65537, 2048), "ps256"),
    ],
)
def test_other_keys_sign_too(make: Callable[[], Any], algorithm: str, tmp_path: Path) -> None:
    signer = signer_of(*a_chain(make()))
    assert signer.algorithm == algorithm
    path = tmp_path / "cover.jpg"
    Image.new("RGB", (64, 64), "teal").save(path)
    sign(path, "cover.jpg", signer)
    assert claim_in(path)[1] == "Valid"


def test_what_cannot_sign_is_refused_at_the_start_and_tells_no_key() -> None:
    chain, key = a_chain(ec.generate_private_key(ec.SECP256R1()))
    other = a_chain(ec.generate_private_key(ec.SECP256R1()))[1]
    for wrong in ((chain, other), (chain, "x"), ("x", key), a_chain(ec.generate_private_key(ec.SECP256K1()))):
        with pytest.raises(UnfitSigner) as refusal:
            signer_of(*wrong)
        assert "BEGIN" not in str(refusal.value)
    assert "BEGIN" not in repr(signer_of(chain, key))
    for given in ({"c2pa_private_key": key}, {"c2pa_certificate_chain": chain, "c2pa_private_key": other}):
        with pytest.raises(SettingsError) as refused:
            load(Settings, **given)
        assert "BEGIN" not in str(refused.value)
    assert load(Settings, c2pa_certificate_chain=chain, c2pa_private_key=key).signer is not None
    assert load(Settings).signer is None


async def test_what_is_delivered_is_signed_and_the_kit_says_so(
    start_export: Any, a_source: Any, tmp_path: Path
) -> None:
    chain, key = a_chain(ec.generate_private_key(ec.SECP256R1()))
    export = await start_export(c2pa_certificate_chain=chain, c2pa_private_key=key)
    source = await a_source(export)
    await export.tell(source.rendition(Platform.TIKTOK))
    (made,) = await export.wait_for(RenditionCompleted)
    assert made.claimed_by == "Example Studio"
    for role, name in (("video", "video.mp4"), ("poster", "cover.jpg")):
        path = await export.store.fetch(made.outputs[role], tmp_path / name)
        claim, state = claim_in(path)
        assert (state, claim["signature_info"]["issuer"]) == ("Valid", "Example Studio")
        assert stated_in(path) == SOURCE_TYPE
    # What was measured is the signed file.
    assert all(rule.holds for rule in made.conformance["video"]), made.conformance
    await export.tell(source.kit({"tiktok": made.outputs["video"]}))
    (kit,) = await export.wait_for(KitCompleted)
    with zipfile.ZipFile(io.BytesIO(await export.store.read(kit.kit))) as archive:
        assert "- `tiktok/`: signed by Example Studio" in archive.read("PROVENANCE.md").decode()
