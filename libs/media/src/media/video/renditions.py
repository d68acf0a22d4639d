"""One video in the shapes several platforms want: decoded once, every shape encoded beside the others.

Each rendition has its own filter graph (crop or blurred padding, size, frame rate) and its own encoder. With more than
one thread they run in threads of this process; the native libraries release the interpreter while they work. Short
queues keep the fastest from running ahead, so memory does not grow with the length of the video.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from media.captions.burn import CaptionPainter, SafeArea
from media.captions.cues import to_srt, to_vtt
from media.captions.karaoke import KaraokePainter, karaoke_cues
from media.errors import BadMedia, NotUsable
from media.images.perceptual import Sampler
from media.types import Box, Cue, Made, RenditionSpec, Word
from media.video.encode import VideoSettings, VideoWriter, extension
from media.video.encode_audio import AudioTrack, encode_audio
from media.video.filters import FrameFilter, Picture, picture_of
from media.video.reframe import fit_for
from media.video.source import duration_of, open_media, read_audio, start_of, video_stream
from media.writing import encoding

_QUEUED_FRAMES = 6
_WAIT_S = 0.2
_MAX_SIDE = 4096

_Sound = tuple[str, float, int, int, float | None]


def render_renditions(
    source: Path,
    specs: Sequence[RenditionSpec],
    out_dir: Path,
    *,
    start: float = 0.0,
    cues: Sequence[Cue] = (),
    words: Sequence[Word] = (),
    focus: Box | None = None,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
    seen: Sampler | None = None,
) -> dict[str, Made]:
    """Render every spec from ``source`` into ``out_dir`` as ``<name>.mp4`` (``.webm`` for VP9 and AV1); by name.

    They begin at ``start`` seconds of the source, and so do the times of ``cues`` and ``words``, which are the same
    text. ``focus`` is what must stay in the
    picture (the face), in pixels of the upright source. ``cues`` are burned in where
    the spec says so, and written beside the video as ``.srt`` and ``.vtt`` otherwise, also where no installed font
    draws their script (then ``details["captions_problem"]`` says so); ``details["captions"]`` is ``none``, ``burned``
    or ``sidecar``. The sound is brought to each spec's loudness, measured on the encoded
    sound. Each ``Made`` has the pictures of its fingerprint; ``seen`` is shown the source's, at the source's times. The
    same arguments, ``threads`` included, give the same bytes.

    Raises ``BadMedia`` for names or sizes that cannot be, ``NotUsable`` without a picture, ``Corrupt`` where the source
    does not decode, ``EngineFailed`` where encoding fails; no half-written file is left.
    """
    _check(specs, threads)
    if not (math.isfinite(start) and start >= 0):
        raise BadMedia(f"nothing begins at {start} s", code="BAD_TIME")
    report = progress or (lambda _: None)
    with open_media(source) as container:
        duration = duration_of(container)
        picture = picture_of(container)
    picture = replace(picture, start=picture.start + Fraction(start).limit_denominator(90_000))
    tracks = _tracks(source, specs, start)
    report(0.05)
    seconds = max((spec.max_duration or max(0.0, duration - start) for spec in specs), default=0.0)
    with ExitStack() as stack:
        workers = []
        for spec in specs:
            path = out_dir / f"{spec.name}{extension(spec.video_codec)}"
            settings = _settings(spec, picture, max(1, threads // len(specs)))
            part = stack.enter_context(encoding(path))
            writer = stack.enter_context(VideoWriter(part, settings, tracks.get(_sound_of(spec))))
            workers.append(_Rendition(spec, path, picture, focus, writer, cues, words))
        frames = _frames(source, picture.start, seconds, threads, lambda share: report(0.05 + 0.94 * share))
        if seen is not None:
            frames = _shown(frames, float(picture.start) - start, seen)
        (_feed_in_threads if threads > 1 else _feed)(workers, frames)
        if any(not worker.writer.frames for worker in workers):
            raise NotUsable("the video has no pictures", code="NO_VIDEO", advice="Choose a file with video.")
    made = {worker.spec.name: worker.made(tracks.get(_sound_of(worker.spec)), cues) for worker in workers}
    report(1.0)
    return made


class _Rendition:
    """One output: what happens to each decoded frame on its way to the file."""

    def __init__(
        self,
        spec: RenditionSpec,
        path: Path,
        picture: Picture,
        focus: Box | None,
        writer: VideoWriter,
        cues: Sequence[Cue],
        words: Sequence[Word],
    ) -> None:
        self.spec = spec
        self.writer = writer
        self._path = path
        shown = picture.shown_width, picture.shown_height
        self._fit = fit_for(*shown, spec.width / spec.height, focus) if spec.fit == "auto" else spec.fit
        self._filter = FrameFilter(picture, spec.width, spec.height, _rate(spec), fit=self._fit, focus=focus)
        self._captions, self._caption_problem = _painter(spec, cues, words)
        self._most = None if spec.max_duration is None else round(spec.max_duration * spec.frame_rate)
        self._seen = Sampler()

    def take(self, frame: Any | None) -> None:
        """One decoded frame, or None at the end."""
        for ready in self._filter.through(frame):
            if self._most is not None and self.writer.frames >= self._most:
                return
            if self._captions is not None:
                self._captions.paint(ready, self.writer.frames / self.spec.frame_rate)
            self._seen.see(ready, self.writer.frames / self.spec.frame_rate)
            self.writer.write(ready)

    def made(self, track: AudioTrack | None, cues: Sequence[Cue]) -> Made:
        """What was written, once the file is complete; puts the captions beside it that are not in it."""
        details: dict[str, float | str] = {"video_codec": self.spec.video_codec, "captions": "none", "fit": self._fit}
        if track is not None:
            details |= {"loudness_lufs": track.loudness_lufs, "true_peak_db": track.true_peak_db}
        if self._captions is not None:
            details["captions"] = "burned"
        elif cues:
            self._path.with_suffix(".srt").write_text(to_srt(cues), "utf-8")
            self._path.with_suffix(".vtt").write_text(to_vtt(cues), "utf-8")
            details["captions"] = "sidecar"
            details |= {"captions_problem": self._caption_problem} if self._caption_problem else {}
        duration = self.writer.frames / self.spec.frame_rate
        size = self._path.stat().st_size
        pictures = self._seen.pictures()
        return Made(self._path, self.spec.width, self.spec.height, duration, size, details, pictures)


def _painter(
    spec: RenditionSpec, cues: Sequence[Cue], words: Sequence[Word]
) -> tuple[CaptionPainter | KaraokePainter | None, str]:
    """What paints the captions, or why nothing can."""
    if not (spec.burn_captions and cues):
        return None, ""
    try:
        area = None if spec.reserved is None else SafeArea(*spec.reserved)
        if spec.highlight_words and words:
            return KaraokePainter(karaoke_cues(words), spec.width, spec.height, area=area), ""
        return CaptionPainter(cues, spec.width, spec.height, area=area), ""
    except NotUsable as missing:
        return None, f"{missing.message}. {missing.advice}"


def _check(specs: Sequence[RenditionSpec], threads: int) -> None:
    names = [spec.name for spec in specs]
    if not specs or len(set(names)) != len(names) or threads < 1:
        raise BadMedia("renditions need distinct names and at least one thread", code="BAD_RENDITION")
    for spec in specs:
        if not spec.name or Path(spec.name).name != spec.name or spec.name.startswith("."):
            raise BadMedia(f"{spec.name!r} cannot name a file", code="BAD_RENDITION")
        if spec.width % 2 or spec.height % 2 or not (16 <= spec.width <= _MAX_SIDE and 16 <= spec.height <= _MAX_SIDE):
            raise BadMedia(f"{spec.name}: sides must be even, 16 to {_MAX_SIDE}", code="BAD_RENDITION")
        if not 1 <= spec.frame_rate <= 120 or (spec.max_duration is not None and spec.max_duration <= 0):
            raise BadMedia(f"{spec.name}: frame rate or duration out of range", code="BAD_RENDITION")


def _rate(spec: RenditionSpec) -> Fraction:
    return Fraction(spec.frame_rate).limit_denominator(1001)


def _settings(spec: RenditionSpec, picture: Picture, threads: int) -> VideoSettings:
    return VideoSettings(
        width=spec.width,
        height=spec.height,
        frame_rate=_rate(spec),
        codec=spec.video_codec,
        crf=spec.crf,
        max_bit_rate=spec.video_bit_rate,
        threads=threads,
        colour=picture.colour,
    )


def _sound_of(spec: RenditionSpec) -> _Sound:
    codec = "aac" if spec.video_codec == "h264" else "opus"
    return codec, spec.loudness_lufs, spec.audio_bit_rate, spec.sample_rate, spec.max_duration


def _tracks(source: Path, specs: Sequence[RenditionSpec], start: float) -> dict[_Sound, AudioTrack]:
    """The encoded sound from ``start`` on for each distinct demand; empty when the source has none."""
    tracks: dict[_Sound, AudioTrack] = {}
    read: tuple[object, Any] = (None, None)
    for wanted in sorted({_sound_of(spec) for spec in specs}, key=lambda sound: (sound[3], str(sound[4]), str(sound))):
        codec, loudness, bit_rate, sample_rate, seconds = wanted
        if read[0] != (sample_rate, seconds):
            until = None if seconds is None else start + seconds
            read = (sample_rate, seconds), read_audio(source, rate=sample_rate, seconds=until)
        if read[1] is None:
            return {}
        samples, rate = read[1]
        samples = samples[round(start * rate) :]
        if len(samples):
            tracks[wanted] = encode_audio(
                samples, rate, codec="aac" if codec == "aac" else "opus", bit_rate=bit_rate, target_lufs=loudness
            )
    return tracks


def _frames(
    source: Path, start: Fraction, seconds: float, threads: int, report: Callable[[float], None]
) -> Iterator[Any]:
    with open_media(source) as container:
        stream = video_stream(container)
        stream.codec_context.thread_count = threads
        stream.codec_context.thread_type = "AUTO"
        if start > start_of(container):
            container.seek(int(start / stream.time_base), stream=stream, backward=True)
        told = 0.0
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            at = float(frame.pts * frame.time_base - start)
            if seconds and at > seconds:
                break
            if seconds and at - told > seconds / 50:
                told = at
                report(at / seconds)
            yield frame


def _shown(frames: Iterable[Any], start: float, seen: Sampler) -> Iterator[Any]:
    for frame in frames:
        seen.see(frame, float(frame.pts * frame.time_base) - start)
        yield frame


def _feed(workers: Sequence[_Rendition], frames: Iterable[Any]) -> None:
    for frame in frames:
        for worker in workers:
            worker.take(frame)
    for worker in workers:
        worker.take(None)


def _feed_in_threads(workers: Sequence[_Rendition], frames: Iterable[Any]) -> None:
    """Hand every frame to every worker, each in a thread of its own; the first failure stops all and is raised."""
    queues: list[Queue[Any]] = [Queue(_QUEUED_FRAMES) for _ in workers]
    stop = Event()
    failures: list[BaseException] = []

    def work(worker: _Rendition, queue: Queue[Any]) -> None:
        try:
            while (frame := _get(queue, stop)) is not None:
                worker.take(frame)
            if not stop.is_set():
                worker.take(None)
        except BaseException as error:
            failures.append(error)
            stop.set()

    threads = [Thread(target=work, args=pair) for pair in zip(workers, queues, strict=True)]
    for thread in threads:
        thread.start()
    complete = False
    try:
        for frame in frames:
            if not all(_put(queue, frame, stop) for queue in queues):
                break
        else:
            complete = all(_put(queue, None, stop) for queue in queues)
    finally:
        if not complete:
            stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def _put(queue: Queue[Any], frame: Any | None, stop: Event) -> bool:
    while not stop.is_set():
        try:
            queue.put(frame, timeout=_WAIT_S)
        except Full:
            continue
        return True
    return False


def _get(queue: Queue[Any], stop: Event) -> Any | None:
    while not stop.is_set():
        try:
            return queue.get(timeout=_WAIT_S)
        except Empty:
            continue
    return None
