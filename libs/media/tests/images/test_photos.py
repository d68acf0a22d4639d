"""The door for photos: what is accepted, how it is brought upright and into sRGB, and what is written."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

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


@pytest.mark.parametrize(
    ("head", "name", "advice"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC", "Most Compatible"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "HEIC", "Most Compatible"),
        (b"\x00\x00\x00\x14ftyphevc\x00\x00\x00\x00", "HEIC", "Most Compatible"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf", "AVIF", "save it as JPEG"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf", "AVIF", "save it as JPEG"),
        (b"GIF87a", "GIF", "save it as JPEG"),
        (b"GIF89a", "GIF", "save it as JPEG"),
        (b"BM\x00\x00", "BMP", "save it as JPEG"),
        (b"II*\x00", "TIFF", "save it as JPEG"),
        (b"MM\x00*", "TIFF", "save it as JPEG"),
        (b"\xff\x0a\x00", "JPEG XL", "save it as JPEG"),
        (b"\x00\x00\x00\x0cjP  \r\n", "JPEG 2000", "save it as JPEG"),
        (b"%PDF-1.7", "PDF", "save it as JPEG"),
    ],
)
def test_what_is_often_sent_instead_of_a_photo_is_named(head: bytes, name: str, advice: str) -> None:
    with pytest.raises(UnknownFormat) as refusal:
        sniff(head)
    assert str(refusal.value).startswith(f"This is {name}")
    assert advice in refusal.value.advice


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


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    "<rdf:Description {}</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def _tiff(order: str, kind: int, value: int, *, number: int = 1) -> bytes:
    """EXIF with an orientation of any type."""
    code = {1: "B3x", 3: "H2x", 4: "I", 6: "b3x", 8: "h2x", 9: "i"}[kind]
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entry = struct.pack(order + "HHI" + code, 0x0112, kind, number, value)
    return mark + struct.pack(order + "IH", 8, 1) + entry + struct.pack(order + "I", 0)


@pytest.mark.parametrize("file", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("exif", "xmp", "turned"),
    [
        *[(_tiff(order, kind, 6), "", True) for order in "<>" for kind in (1, 3, 4, 6, 8, 9)],
        (_tiff("<", 4, 6 << 16), "", False),
        (_tiff(">", 4, 70_000), "", False),
        (_tiff("<", 4, 0), "", False),
        (_tiff("<", 3, 6, number=2), "", False),
        (b"", 'tiff:Orientation="6">', True),
        (b"", "tiff:Orientation = '8'>", True),
        (b"", "><tiff:Orientation>6</tiff:Orientation>", True),
        (b"", 'tiff:Orientation="9">', False),
        (_tiff("<", 3, 1), 'tiff:Orientation="6">', False),
    ],
)
def test_orientation_is_read_in_every_form(file: str, exif: bytes, xmp: str, turned: bool) -> None:
    options: dict[str, object] = {"exif": b"Exif\x00\x00" + exif} if exif else {}
    if xmp and file == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.format(xmp))  # type: ignore[attr-defined]
    elif xmp:
        options["xmp"] = XMP.format(xmp).encode()
    image = decode(_saved(_marked(), file, **options))
    assert image.shape == ((48, 32, 3) if turned else (32, 48, 3))


def _detailed(mode: str = "RGB") -> Image.Image:
    """A picture with something everywhere."""
    pixels = np.random.default_rng(7).integers(0, 255, (24, 32, 3), np.uint8)
    return Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC).convert(mode)


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"quality": 20}])
def test_a_jpeg_without_its_end_is_taken_when_its_scans_are_whole(
    options: dict[str, object], mode: str, missing: int
) -> None:
    whole = _saved(_detailed(mode), "JPEG", **options)
    assert np.array_equal(decode(whole[:-missing]), decode(whole))


@pytest.mark.parametrize("missing", [8, 20, 100, 1000, 2500])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_that_lacks_more_is_refused(options: dict[str, object], missing: int) -> None:
    with pytest.raises(Corrupt, match="ends too early"):
        decode(_saved(_detailed(), "JPEG", **options)[:-missing])


def _with_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again until there are so many."""
    file = _saved(Image.new("RGB", (side, side), (90, 90, 90)), "JPEG", progressive=True)
    last = file[file.rindex(b"\xff\xda") : -2]
    return file[:-2] + last * (scans - file.count(b"\xff\xda")) + file[-2:]


@pytest.mark.parametrize(("side", "scans"), [(4096, 20), (2048, 80), (64, 100)])
def test_scans_times_pixels_of_a_jpeg_are_one_budget(side: int, scans: int) -> None:
    """So a small file cannot cost seconds."""
    most = _with_scans(side, scans)
    began = time.process_time()
    assert decode(most).shape == (side, side, 3)
    assert time.process_time() - began < 1
    with pytest.raises(TooLarge, match=f"more than {scans} scans") as refusal:
        decode(_with_scans(side, scans + 1))
    assert "save it again" in str(refusal.value.advice)


@pytest.mark.parametrize("missing", range(1, 13))
def test_a_png_without_its_end_is_taken_when_its_pixels_are_whole(missing: int) -> None:
    whole = _saved(_detailed(), "PNG")
    assert np.array_equal(decode(whole[:-missing]), decode(whole))
    commented = whole[:-12] + struct.pack(">I", 500) + b"tEXt" + bytes(20)
    assert np.array_equal(decode(commented), decode(whole))
    with pytest.raises(Corrupt):
        decode(whole[: -missing - 12])


def test_a_webp_may_lack_what_makes_its_length_even() -> None:
    for width in range(40, 60):
        whole = _saved(_detailed().crop((0, 0, width, 40)), "WEBP", lossless=True)
        odd = int.from_bytes(whole[16:20], "little") % 2 == 1
        if odd:
            assert np.array_equal(decode(whole[:-1]), decode(whole))
        else:
            with pytest.raises(Corrupt):
                decode(whole[:-1])


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


def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _with_gamma(gamma: float) -> bytes:
    """A profile with sRGB's primaries, and its name, and another curve."""
    data = bytearray(_srgb())
    (count,) = struct.unpack_from(">I", data, 128)
    for at in range(132, 132 + 12 * count, 12):
        name, offset, length = struct.unpack_from(">4sII", data, at)
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            curve = struct.pack(">4s4xIH", b"curv", 1, round(gamma * 256)).ljust(length, b"\0")
            data[offset : offset + length] = curve
    return bytes(data)


def test_a_profile_counts_by_what_it_does_and_not_by_its_name() -> None:
    picture = _detailed()
    plain = decode(_saved(picture, "PNG"))
    assert np.array_equal(decode(_saved(picture, "PNG", icc_profile=_srgb())), plain)
    for gamma, kind in ((1.0, "PNG"), (1.0, "WEBP"), (1.8, "PNG")):
        profile = _with_gamma(gamma)
        assert b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile
        options = {"lossless": True} if kind == "WEBP" else {}
        shown = decode(_saved(picture, kind, icc_profile=profile, **options))
        light = (plain / 255.0) ** gamma
        expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
        assert np.abs(shown - expected).mean() < 2
        assert np.abs(plain - expected).mean() > 5
    nearly = bytearray(_with_gamma(2.2).replace(b"sRGB", b"none").replace("sRGB".encode("utf-16-be"), b"\0n\0o\0n\0e"))
    assert np.abs(decode(_saved(picture, "PNG", icc_profile=bytes(nearly))).astype(int) - plain).mean() < 3


def test_a_grey_profile_counts_too() -> None:
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (8, 1)))
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert np.array_equal(decode(_saved(ramp, "PNG", icc_profile=grey)), decode(_saved(ramp, "PNG")))


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
