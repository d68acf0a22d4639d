"""Renditions: the right shape, sound at the promised loudness, the same bytes every time, nothing half-written."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from media.errors import BadMedia, Corrupt, MediaError
from media.sound.loudness import integrated_lufs
from media.types import Box, Cue, RenditionSpec
from media.video.probe import probe
from media.video.renditions import render_renditions

WIDTH, HEIGHT, SECONDS = 320, 568, 2.0
RED, GREEN = (0, 0, 230), (0, 200, 0)
Clip = Callable[..., Path]

TALL = RenditionSpec("tall", 180, 320)
SQUARE = RenditionSpec("square", 320, 320, loudness_lufs=-16.0)
WIDE = RenditionSpec("wide", 512, 288, frame_rate=25, fit="pad", loudness_lufs=-23.0)


def scene() -> Iterator[np.ndarray]:
    """A green picture with a red square high up, where a face might be, and something that moves."""
    for index in range(round(SECONDS * 30)):
        frame = np.full((HEIGHT, WIDTH, 3), GREEN, np.uint8)
        cv2.rectangle(frame, (100, 60), (219, 179), RED, -1)
        cv2.circle(frame, (20 + 4 * index, 480), 16, (255, 255, 255), -1)
        yield frame


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, speechlike: Clip) -> Path:
    path = tmp_path_factory.mktemp("source") / "source.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": "16", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono")
        for frame in scene():
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(video.encode(None))
        sound = speechlike(SECONDS, rate=44_100).astype(np.float32).reshape(1, -1)
        for start in range(0, sound.shape[1], 1024):
            block = av.AudioFrame.from_ndarray(sound[:, start : start + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = 44_100, start
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    return path


def first_picture(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="bgr24")


def red_share(image: np.ndarray) -> float:
    return float(((image[..., 2] > 150) & (image[..., 1] < 100)).mean())


def decoded_loudness(path: Path) -> float:
    with av.open(str(path)) as container:
        planes = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return integrated_lufs(np.concatenate(planes, axis=1).T.astype(float), container.streams.audio[0].sample_rate)


def test_every_shape_comes_from_one_call(source: Path, tmp_path: Path) -> None:
    made = render_renditions(source, [TALL, SQUARE, WIDE], tmp_path, threads=2)
    assert list(made) == ["tall", "square", "wide"]
    for spec in (TALL, SQUARE, WIDE):
        found = probe(made[spec.name].path)
        video, audio = found.streams
        assert (video.width, video.height, video.frame_rate) == (spec.width, spec.height, spec.frame_rate)
        assert (video.codec, audio.codec, audio.sample_rate) == ("h264", "aac", 48_000)
        assert found.faststart
        assert found.duration == pytest.approx(SECONDS, abs=0.06)
        assert made[spec.name].size == found.size
        assert made[spec.name].duration == pytest.approx(SECONDS, abs=0.001)
        assert video.pixel_format == "yuv420p"


def test_the_loudness_holds_when_decoded_again(source: Path, tmp_path: Path) -> None:
    made = render_renditions(source, [TALL, SQUARE, WIDE], tmp_path, threads=2)
    for spec in (TALL, SQUARE, WIDE):
        assert decoded_loudness(made[spec.name].path) == pytest.approx(spec.loudness_lufs, abs=0.3)
        assert made[spec.name].details["loudness_lufs"] == pytest.approx(spec.loudness_lufs, abs=0.3)
        assert float(made[spec.name].details["true_peak_db"]) <= -0.9


def test_a_second_run_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    def hashes(folder: str, threads: int) -> list[str]:
        made = render_renditions(source, [TALL, SQUARE, WIDE], tmp_path / folder, threads=threads)
        return [hashlib.sha256(item.path.read_bytes()).hexdigest() for item in made.values()]

    first = hashes("one", 2)
    assert hashes("two", 2) == first
    # With fewer threads than renditions each encoder has one thread, so this holds across thread counts too.
    assert hashes("three", 1) == first


def test_cropping_keeps_the_focus(source: Path, tmp_path: Path) -> None:
    """A wide strip from a tall picture: around the face all of it is red, from the middle none."""
    strip = RenditionSpec("strip", 320, 136)
    near = render_renditions(source, [strip], tmp_path / "a", focus=Box(100, 60, 120, 120))["strip"]
    middle = render_renditions(source, [strip], tmp_path / "b")["strip"]
    assert red_share(first_picture(near.path)) == pytest.approx(120 * 120 / (320 * 136), abs=0.02)
    assert red_share(first_picture(middle.path)) == 0


def test_padding_shows_the_whole_picture(source: Path, tmp_path: Path) -> None:
    made = render_renditions(source, [WIDE], tmp_path)["wide"]
    picture = first_picture(made.path)
    shown = picture[:, 174:338]
    assert red_share(shown[30:95]) > 0.3
    left = picture[:, 5:150]
    assert left.std() > 1
    assert cv2.Laplacian(cv2.cvtColor(left, cv2.COLOR_BGR2GRAY), cv2.CV_32F).std() < 3


@pytest.mark.parametrize(("codec", "suffix", "name"), [("vp9", ".webm", "vp9"), ("av1", ".webm", "av1")])
def test_other_codecs_come_as_webm(source: Path, tmp_path: Path, codec: str, suffix: str, name: str) -> None:
    spec = RenditionSpec("other", 180, 320, video_codec=codec, max_duration=0.5)
    made = render_renditions(source, [spec], tmp_path)["other"]
    found = probe(made.path)
    assert made.path.suffix == suffix
    assert found.format == "webm"
    assert name in found.streams[0].codec
    assert found.streams[1].codec == "opus"


def test_a_limit_cuts_picture_and_sound(source: Path, tmp_path: Path) -> None:
    made = render_renditions(source, [RenditionSpec("short", 180, 320, max_duration=1.0)], tmp_path)["short"]
    found = probe(made.path)
    assert made.duration == pytest.approx(1.0, abs=0.01)
    assert all(stream.duration == pytest.approx(1.0, abs=0.05) for stream in found.streams)


def test_a_turned_recording_comes_out_upright(write_clip: Clip, tmp_path: Path) -> None:
    """A telephone stores pictures lying on their side and says how to turn them."""
    upright = np.full((180, 320, 3), 40, np.uint8)
    upright[:60, :, 2] = 230
    lying = np.ascontiguousarray(np.rot90(upright, -1))
    source = write_clip(tmp_path / "phone.mp4", [lying] * 10, rotation=90)
    picture = first_picture(render_renditions(source, [RenditionSpec("up", 320, 180)], tmp_path)["up"].path)
    assert probe(source).streams[0].rotation in (90, 270)
    assert picture[10:50, :, 2].mean() > 150
    assert picture[80:, :, 2].mean() < 100


def test_without_sound_there_is_no_audio_track(write_clip: Clip, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "mute.mp4", list(scene())[:15])
    made = render_renditions(source, [TALL], tmp_path)["tall"]
    assert [stream.kind for stream in probe(made.path).streams] == ["video"]


def test_captions_not_burned_lie_beside_the_video(source: Path, tmp_path: Path) -> None:
    made = render_renditions(source, [TALL], tmp_path, cues=[Cue("Hello", 0.2, 1.5)])["tall"]
    assert made.details["captions"] == "sidecar"
    assert "Hello" in made.path.with_suffix(".srt").read_text("utf-8")
    assert made.path.with_suffix(".vtt").read_text("utf-8").startswith("WEBVTT")


def test_progress_never_goes_back_and_ends_at_one(source: Path, tmp_path: Path) -> None:
    told: list[float] = []
    render_renditions(source, [TALL], tmp_path, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    "specs",
    [
        [],
        [TALL, TALL],
        [RenditionSpec("../up", 180, 320)],
        [RenditionSpec("odd", 181, 320)],
        [RenditionSpec("huge", 18_000, 320)],
        [RenditionSpec("fast", 180, 320, frame_rate=1000)],
    ],
)
def test_impossible_demands_are_refused(source: Path, tmp_path: Path, specs: list[RenditionSpec]) -> None:
    with pytest.raises(BadMedia):
        render_renditions(source, specs, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_broken_source_leaves_nothing_behind(source: Path, write_clip: Clip, tmp_path: Path, threads: int) -> None:
    """The picture changes its size half-way: two recordings glued together."""
    first = write_clip(tmp_path / "a.ts", list(scene())[:20])
    second = write_clip(tmp_path / "b.ts", [np.full((180, 320, 3), 90, np.uint8)] * 20)
    glued = tmp_path / "glued.ts"
    glued.write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(Corrupt):
        render_renditions(glued, [TALL, SQUARE], tmp_path / "out", threads=threads)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_a_file_cut_short_is_refused_or_rendered_never_a_crash(source: Path, tmp_path: Path, share: float) -> None:
    whole = source.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(MediaError):
        render_renditions(cut, [TALL], tmp_path / "out")


def coloured(path: Path, *, matrix: int, full_range: bool) -> Path:
    """Red pictures whose numbers mean what ``matrix`` (1: BT.709, 6: BT.601) and the range say."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": "10", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 160, 160, "yuv420p"
        context = video.codec_context
        context.colorspace, context.color_primaries, context.color_trc = matrix, matrix, matrix
        context.color_range = 2 if full_range else 1
        red = av.VideoFrame.from_ndarray(np.full((160, 160, 3), (40, 60, 200), np.uint8), format="bgr24")
        standard = "ITU709" if matrix == 1 else "ITU601"
        for _ in range(3):
            frame = red.reformat(
                format="yuv420p", dst_colorspace=standard, dst_color_range="JPEG" if full_range else "MPEG"
            )
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_mean_the_same_afterwards_and_say_so(tmp_path: Path, matrix: int, full_range: bool) -> None:
    source = coloured(tmp_path / "red.mp4", matrix=matrix, full_range=full_range)
    made = render_renditions(source, [RenditionSpec("same", 160, 160), RenditionSpec("less", 80, 80)], tmp_path)
    for item in made.values():
        with av.open(str(item.path)) as container:
            frame = next(container.decode(video=0))
            assert (int(frame.colorspace), int(frame.color_range)) == (matrix, 1)
            standard = "ITU709" if matrix == 1 else "ITU601"
            shown = frame.reformat(format="bgr24", src_colorspace=standard, src_color_range="MPEG").to_ndarray()
        assert shown.mean(axis=(0, 1)) == pytest.approx([40, 60, 200], abs=5)
