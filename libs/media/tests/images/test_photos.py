"""The door for photos: what is accepted, how it is brought upright and into sRGB, and what is written."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageCms

from media.errors import BadMedia, Corrupt, EngineFailed, TooLarge, UnknownFormat
from media.images.photos import decode, fit_within, prepare, sniff, variant, write_jpeg, write_png
from media.types import Point


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _marked() -> Image.Image:
    """48 x 32: red at the top left, green at the top right, blue at the bottom left, white elsewhere."""
    image = Image.new("RGB", (48, 32), "white")
    for colour, corner in (("red", (0, 0)), ("lime", (32, 0)), ("blue", (0, 16))):
        image.paste(colour, (*corner, corner[0] + 16, corner[1] + 16))
    return image


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
    ],
)
def test_sniff_tells_by_content(head: bytes, mime: str) -> None:
    assert sniff(head) == mime


@pytest.mark.parametrize(
    "head",
    [b"", b"GIF89a", b"\x00\x00\x00\x18ftypheic", b"%PDF-1.7", b"<svg", b"RIFF\x10\x00\x00\x00AVI ", b"\xff\xff"],
)
def test_sniff_refuses_the_rest(head: bytes) -> None:
    with pytest.raises(UnknownFormat):
        sniff(head)


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 98})])
def test_pixels_survive(kind: str, options: dict[str, object]) -> None:
    image = decode(_saved(_marked(), kind, **options))
    expected = np.asarray(_marked())[:, :, ::-1]
    assert image.shape == (32, 48, 3)
    assert np.abs(image[4:12, 4:12].astype(int) - expected[4:12, 4:12]).max() <= 4
    assert np.abs(image.astype(int) - expected).max() <= (0 if kind != "JPEG" else 255)


CORNERS = {1: "rgb", 2: "gr?", 3: "?bg", 4: "b?r", 5: "rbg", 6: "br?", 7: "?gb", 8: "g?r"}
"""By EXIF orientation: which colours stand top left, top right and bottom left once the photo is upright."""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation: int) -> None:
    described = Image.Exif()
    described[0x0112] = orientation
    image = decode(_saved(_marked(), "PNG", exif=described.tobytes()))
    assert image.shape == ((48, 32, 3) if orientation >= 5 else (32, 48, 3))
    names: dict[tuple[int, ...], str] = {(0, 0, 255): "r", (0, 255, 0): "g", (255, 0, 0): "b", (255, 255, 255): "?"}
    found = "".join(names[tuple(map(int, image[y, x]))] for y, x in ((2, 2), (2, -3), (-3, 2)))
    assert found == CORNERS[orientation]


@pytest.mark.parametrize(("enough", "size"), [(None, 1200), (700, 1200), (600, 600), (290, 300), (10, 150)])
def test_a_jpeg_is_decoded_no_smaller_than_enough(enough: int | None, size: int, job_dir: Path) -> None:
    photo = np.zeros((1600, 1200, 3), np.uint8)
    photo[:800] = 200
    small = decode(write_jpeg(photo, job_dir / "a.jpg").path, enough=enough)
    assert small.shape == (size * 4 // 3, size, 3)
    assert small[: size // 2].mean() == pytest.approx(200, abs=3)
    assert decode(write_png(photo, job_dir / "a.png").path, enough=10).shape == photo.shape


def test_transparency_shows_the_background() -> None:
    layer = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert decode(_saved(layer, "PNG"))[0, 0].tolist() == [255, 255, 255]
    assert decode(_saved(layer, "PNG"), background=(10, 20, 30))[0, 0].tolist() == [10, 20, 30]


def test_sixteen_bit_grey_keeps_its_light() -> None:
    ramp = np.linspace(0, 65_535, 64, dtype=np.uint16).reshape(8, 8)
    image = decode(_saved(Image.fromarray(ramp), "PNG"))
    assert np.abs(image[..., 0].astype(int) - ramp // 256).max() <= 1


def test_cmyk_becomes_rgb() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(decode(_saved(red, "JPEG", quality=95))[8, 8].astype(int) - (0, 0, 255)).max() < 12


def test_other_colour_profiles_become_srgb() -> None:
    lab = ImageCms.createProfile("LAB", 5000)
    wide = _swapped_primaries(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    marked = _saved(Image.new("RGB", (8, 8), (250, 10, 10)), "PNG", icc_profile=wide)
    assert decode(marked)[0, 0, 1] > 200
    broken = _saved(Image.new("RGB", (8, 8), (250, 10, 10)), "PNG", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes())
    assert decode(broken)[0, 0].tolist() == [10, 10, 250]


def _swapped_primaries(profile: bytes) -> bytes:
    """An RGB profile in which red and green have changed places, and that does not call itself sRGB."""
    data = bytearray(profile.replace(b"sRGB", b"swap").replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")))
    (count,) = struct.unpack_from(">I", data, 128)
    places = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnknownFormat),
        (b"GIF89a" + bytes(99), UnknownFormat),
        (_saved(_marked(), "JPEG")[:-200], Corrupt),
        (_saved(Image.new("RGB", (5000, 2)), "PNG"), TooLarge),
    ],
)
def test_refusals_are_typed(data: bytes, error: type[BadMedia]) -> None:
    with pytest.raises(error):
        decode(data)


def test_limits_can_be_chosen(job_dir: Path) -> None:
    data = _saved(_marked(), "PNG")
    with pytest.raises(TooLarge, match="bytes"):
        decode(data, max_bytes=len(data) - 1)
    with pytest.raises(TooLarge, match="pixels"):
        decode(data, max_side=47)
    with pytest.raises(Corrupt):
        decode(job_dir / "absent.jpg")


def test_prepared_photos_are_bare_progressive_jpegs(job_dir: Path) -> None:
    described = Image.Exif()
    described[0x010F] = "Maker"
    source = job_dir / "in.png"
    source.write_bytes(_saved(_marked().resize((3000, 2000)), "PNG", exif=described.tobytes()))
    made = prepare(source, job_dir / "out.jpg")
    assert (made.width, made.height, made.size) == (2048, 1365, (job_dir / "out.jpg").stat().st_size)
    with Image.open(job_dir / "out.jpg") as opened:
        assert opened.info.get("progressive")
        assert opened.mode == "RGB"
        assert not opened.getexif()


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("fill", (300, 300), (300, 300)),
        ("fit", (800, 600), (800, 533)),
        ("limit", (1920, 1080), (48, 32)),
        ("limit", (24, 24), (24, 16)),
    ],
)
def test_delivery_sizes(
    job_dir: Path, mode: Literal["fill", "fit", "limit"], size: tuple[int, int], expected: tuple[int, int]
) -> None:
    (job_dir / "in.png").write_bytes(_saved(_marked(), "PNG"))
    for suffix, kind in ((".jpg", "JPEG"), (".webp", "WEBP"), (".avif", "AVIF")):
        out = job_dir / f"out{suffix}"
        made = variant(job_dir / "in.png", out, width=size[0], height=size[1], mode=mode, quality=80)
        with Image.open(out) as opened:
            assert opened.format == kind
            assert opened.size == (made.width, made.height) == expected


def test_fill_keeps_the_focus(job_dir: Path) -> None:
    (job_dir / "in.png").write_bytes(_saved(_marked(), "PNG"))
    out = job_dir / "out.png"
    variant(job_dir / "in.png", out, width=8, height=16, mode="fill", quality=90, focus=Point(40, 8))
    assert decode(out)[2, 4].tolist() == [0, 255, 0]


def test_reducing_does_not_alias() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    assert fit_within(stripes, 64, 64).std() < 4


def test_unwritable_places_are_our_fault(job_dir: Path) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(EngineFailed):
        write_jpeg(image, job_dir / "absent" / "x.jpg")
    made = write_png(np.dstack([image, np.full((4, 4), 7, np.uint8)]), job_dir / "x.png")
    with Image.open(made.path) as opened:
        assert opened.mode == "RGBA"
        assert opened.getpixel((0, 0)) == (0, 0, 0, 7)
