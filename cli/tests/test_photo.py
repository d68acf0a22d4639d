"""What is sent for a photo that the platform would refuse: upright, in its colours, small enough."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile, PngImagePlugin

from media.images.photos import decode, fit_within
from talkingphoto.ordering import photo as photos
from talkingphoto.ordering.photo import BadPhoto, sendable

RED, BLUE = (204, 51, 51), (51, 51, 204)


def picture(wide: int, tall: int, mode: str = "RGB") -> Image.Image:
    """Red on its left half, blue on its right."""
    made = Image.new("RGB", (wide, tall), RED)
    made.paste(BLUE, (wide // 2, 0, wide, tall))
    return made.convert(mode)


def sent(path: Path) -> tuple[Image.Image, str | None]:
    with sendable(path) as (target, said), Image.open(target) as opened:
        opened.load()
        assert target != path
        assert opened.format == "JPEG"
        return opened.copy(), said


def near(found: Any, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.asarray(found, int)[:3] - colour).max() < 12)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *[("PNG", mode) for mode in ("RGB", "RGBA", "P", "L", "LA", "I;16", "1")],
        *[("JPEG", mode) for mode in ("RGB", "L", "CMYK")],
        *[("WEBP", mode) for mode in ("RGB", "RGBA")],
    ],
)
def test_a_large_photo_is_reduced_and_the_platform_sees_the_same(tmp_path: Path, kind: str, mode: str) -> None:
    source = tmp_path / "a.x"
    made = picture(5000, 1000, "L") if mode == "I;16" else picture(5000, 1000, mode)
    if mode == "I;16":
        made = Image.fromarray(np.asarray(made).astype(np.uint16) * 257)
    made.save(source, kind)
    with sendable(source) as (target, said):
        assert said == "The photo is reduced from 5000 x 1000 to 4096 x 819 pixels."
        seen, meant = decode(target), fit_within(decode(source, max_side=9000), 4096, 4096)
    assert seen.shape == meant.shape
    assert np.abs(seen.astype(int) - meant).mean() < 2


@pytest.mark.parametrize("kind", ["AVIF", "GIF", "BMP", "TIFF"])
def test_what_the_platform_does_not_take_becomes_a_jpeg_of_the_same(tmp_path: Path, kind: str) -> None:
    picture(300, 200).save(tmp_path / "a.x", kind)
    small, _ = sent(tmp_path / "a.x")
    assert small.size == (300, 200)
    assert near(small.getpixel((10, 100)), RED)
    assert near(small.getpixel((290, 100)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_photo_that_lies_is_put_upright(tmp_path: Path, kind: str) -> None:
    described = Image.Exif()
    described[0x0112] = 6
    picture(4200, 60).save(tmp_path / "a.x", kind, exif=described)
    upright, _ = sent(tmp_path / "a.x")
    assert upright.size == (59, 4096) or upright.size == (58, 4096)
    assert near(upright.getpixel((20, 10)), RED)
    assert 0x0112 not in upright.getexif()


def test_nothing_but_the_picture_is_sent(tmp_path: Path) -> None:
    described = Image.Exif()
    described[0x010F] = "Maker"
    picture(4200, 60).save(tmp_path / "a.jpg", exif=described)
    assert not sent(tmp_path / "a.jpg")[0].getexif()


@pytest.mark.parametrize(
    ("mode", "space", "kept"),
    [
        ("RGB", b"RGB ", True),
        ("RGBA", b"RGB ", True),
        ("P", b"RGB ", True),
        ("L", b"GRAY", True),
        ("LA", b"GRAY", True),
        ("LA", b"RGB ", False),
        ("RGB", b"GRAY", False),
    ],
)
def test_the_profile_goes_with_the_colours_that_it_is_of(tmp_path: Path, mode: str, space: bytes, kept: bool) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[16:20] = space
    picture(4200, 60, mode).save(tmp_path / "a.png", icc_profile=bytes(profile))
    assert (sent(tmp_path / "a.png")[0].info.get("icc_profile") == profile) is kept


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "I;16"])
@pytest.mark.parametrize(("gamma", "said", "shown"), [(100_000, b"", 188), (45_455, b"", 128), (100_000, b"sRGB", 128)])
def test_light_that_a_number_tells_of_is_as_bright_when_it_is_reduced(
    tmp_path: Path, mode: str, gamma: int, said: bytes, shown: int
) -> None:
    made = Image.new("L", (5000, 10), 128)
    made = Image.fromarray(np.asarray(made).astype(np.uint16) * 257) if mode == "I;16" else made.convert(mode)
    described = PngImagePlugin.PngInfo()
    described.add(b"gAMA", struct.pack(">I", gamma))
    if said:
        described.add(said, b"\x00")
    made.save(tmp_path / "a.png", pnginfo=described)
    small, _ = sent(tmp_path / "a.png")
    assert abs(np.asarray(small.convert("L")).astype(int) - shown).max() <= 2


def tagged(*entries: bytes, tail: bytes = b"") -> bytes:
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4) + tail


def tag(number: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHIi", number, kind, count, value)


ON_ITS_SIDE = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)


@pytest.mark.parametrize(
    ("exif", "turned"),
    [
        *[(broken, False) for broken in (b"", b"MM", b"MM\x00*", b"II*\x00\xff\xff\xff\x7f", b"no such thing")],
        (b"II*\x00\x08\x00\x00\x00\xff\xff" + b"x" * 40, False),
        (tagged(tag(0x0112, 2, 2, 0x36)), False),
        (tagged(tag(0x0112, 5, 1, 200)), False),
        (tagged(tag(0x0112, 4, 1, 6)), True),
        (tagged(ON_ITS_SIDE), True),
        (tagged(ON_ITS_SIDE)[:-4] + struct.pack("<I", 8), True),
        (tagged(tag(0x8769, 4, 1, 99_999), ON_ITS_SIDE), True),
        (tagged(tag(0x8825, 4, 1, 99_999), ON_ITS_SIDE), True),
        (tagged(tag(0x9000, 0, 1, 0), ON_ITS_SIDE), True),
        (tagged(tag(0x010F, 2, 0x7FFFFFFF, 20), ON_ITS_SIDE), True),
        (tagged(tag(0x010F, 2, 4, -1), ON_ITS_SIDE), True),
        (tagged(tag(0x011A, 5, 1, 8), ON_ITS_SIDE), True),
        (tagged(tag(0x0100, 9, 1, -5), ON_ITS_SIDE), True),
        (tagged(tag(0x0100, 12, 1, 8), ON_ITS_SIDE), True),
        (tagged(tag(0x927C, 7, 5000, 8), ON_ITS_SIDE), True),
    ],
)
def test_whatever_is_wrong_with_its_exif_a_large_photo_is_reduced(tmp_path: Path, exif: bytes, turned: bool) -> None:
    saved = io.BytesIO()
    picture(5000, 40).save(saved, "JPEG")
    body = b"Exif\x00\x00" + exif
    marked = struct.pack(">BBH", 0xFF, 0xE1, len(body) + 2) + body
    (tmp_path / "a.jpg").write_bytes(saved.getvalue()[:2] + marked + saved.getvalue()[2:])
    small, _ = sent(tmp_path / "a.jpg")
    assert max(small.size) == 4096
    assert (small.height > small.width) == turned
    assert not small.getexif()


def test_a_photo_of_more_pixels_than_pillow_likes_is_the_owners_own(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    try:
        Image.MAX_IMAGE_PIXELS = 1000
        picture(5000, 100).save(tmp_path / "a.jpg")
        with sendable(tmp_path / "a.jpg") as (_, said):
            assert said is not None
        assert Image.MAX_IMAGE_PIXELS == 1000
    finally:
        Image.MAX_IMAGE_PIXELS = before


def test_a_file_of_too_many_bytes_is_made_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "_MOST_BYTES", 1000)
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (90, 90, 3), np.uint8)).save(tmp_path / "a.png")
    small, said = sent(tmp_path / "a.png")
    assert small.size == (90, 90)
    assert said is not None


@pytest.fixture
def heif(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader of HEIC as pillow-heif is one: a module that teaches Pillow the format when it is asked to."""
    module = ModuleType("pillow_heif")
    monkeypatch.setitem(sys.modules, "pillow_heif", module)

    class Heif(ImageFile.ImageFile):
        format = "HEIF"

        def _open(self) -> None:
            self._size, self._mode, self.tile = (60, 40), "RGB", []

        def load(self) -> Any:
            self.im = picture(60, 40).im
            return self.im.pixel_access()

    def register() -> None:
        Image.register_open("HEIF", Heif, lambda prefix: prefix[4:12] == b"ftypheic")

    module.register_heif_opener = register  # type: ignore[attr-defined]
    yield
    Image.OPEN.pop("HEIF", None)
    Image.ID.remove("HEIF")


@pytest.mark.usefixtures("heif")
def test_heic_becomes_jpeg_where_it_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    small, said = sent(tmp_path / "a.heic")
    assert (small.size, said) == ((60, 40), "The photo is HEIC; a JPEG is made of it.")
    assert near(small.getpixel((5, 5)), RED)


def test_without_pillow_jpeg_goes_as_it_is_and_the_rest_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(photos, "import_module", missing)
    picture(5000, 10).save(tmp_path / "a.jpg")
    with sendable(tmp_path / "a.jpg") as (target, said):
        assert (target, said) == (tmp_path / "a.jpg", None)
    for kind, wanted in (("AVIF", "'talkingphoto[photos]'"), ("GIF", "'talkingphoto[photos]'")):
        picture(50, 10).save(tmp_path / "a.x", kind)
        with pytest.raises(BadPhoto, match="Save it as JPEG") as refusal, sendable(tmp_path / "a.x"):
            pass
        assert f"pip install {wanted}" in str(refusal.value)
