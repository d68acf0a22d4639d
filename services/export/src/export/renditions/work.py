"""What runs in a worker process: the media library is imported there and not in the service's own process."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.enums import Captions, WhenTooLong
from contracts.export import Conformity
from export.platforms.conformance import broken, conformity
from export.platforms.models import Requirements
from export.provenance.claims import Signer, sign
from export.provenance.source_type import mark_picture, mark_video

if TYPE_CHECKING:
    from media.types import Box, Cue, Made, Probe, RenditionSpec, Word
    from media.video.parts import Part

_RULES = {
    "duration_s": "length in seconds",
    "size_mb": "size in megabytes",
    "bit_rate": "bit rate",
    "loudness_lufs": "loudness in LUFS",
    "true_peak_db": "true peak in dBTP",
}
"""What people call a rule that a film can break; any other would be our fault."""

_DRAFT = "This is a draft for looking at: order it again without draft before you publish it on {}."
_DRAFT_SHARE, _DRAFT_CRF = 3, 30
"""A draft has a third of each side, and is compressed more."""
_LOOKED_AT = (0.2, 0.7)
"""Where in a film its face is looked for."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made for one platform."""

    platform: str
    requirements: Requirements
    when_too_long: WhenTooLong = WhenTooLong.SPLIT
    captions: Captions = Captions.FILES
    highlight_words: bool = False
    draft: bool = False


Pictures = tuple[tuple[int, int], ...]
"""Of a fingerprint: the number of the half second, and what is seen in it (``media.images.perceptual``)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One video's files. ``srt`` and ``vtt`` are None where nothing is said, and where the captions are in it."""

    video: Path
    poster: Path
    srt: Path | None
    vtt: Path | None
    duration: float
    conformance: tuple[Conformity, ...] = ()
    pictures: Pictures = ()
    poster_pictures: Pictures = ()


@dataclass(frozen=True, slots=True)
class _Finished:
    """A film as it is delivered: what was made, what was measured on the file, what its cover looks like."""

    made: Made
    found: Probe
    cover: Pictures


@dataclass(frozen=True, slots=True)
class Rendered:
    """One platform's video, or the parts it comes in, in order."""

    platform: str
    pieces: tuple[Piece, ...]
    width: int
    height: int
    whole: bool
    captions: Captions
    warnings: tuple[str, ...]
    original: Pictures = ()
    """Of the film that it was made from, as far as that was seen."""
    seconds: float = 0.0
    """How long that is."""


def render(
    source: Path,
    timings: Path | None,
    language: str,
    wanted: Sequence[Wanted],
    folder: Path,
    threads: int,
    *,
    signer: Signer | None = None,
    progress: Progress,
) -> list[Rendered]:
    """Make every wanted shape, each different one once; shapes of the same length share one decode of ``source``.

    Videos and posters state how they came to be, and with a ``signer`` have a claim. Raises ``media.errors``.
    """
    from media.fingerprints.look import look
    from media.images.perceptual import Sampler
    from media.video.parts import words_of
    from media.video.probe import probe
    from media.video.renditions import render_renditions
    from media.video.source import duration_of, open_media
    from media.video.thumbnails import poster

    words = _words(timings)
    with open_media(source) as container:
        seconds = duration_of(container)
    parts = {one.platform: _parts(one, words, seconds) for one in wanted}
    shapes: dict[Part, dict[RenditionSpec, str]] = {}
    for one in wanted:
        for number, part in enumerate(parts[one.platform], 1):
            # Platforms that want the same share one encoding.
            shapes.setdefault(part, {}).setdefault(_spec(one, part, seconds), f"{one.platform}-{number}")
    focus = _face(source, seconds) if any(one.requirements.fit != "pad" for one in wanted) else None
    made: dict[str, _Finished] = {}
    seen = Sampler()
    total, done = sum(part.seconds for part in shapes), 0.0
    for part, specs in shapes.items():
        found = render_renditions(
            source,
            [replace(spec, name=name) for spec, name in specs.items()],
            folder,
            start=part.start,
            focus=focus,
            cues=_cues(words, part, language),
            words=words_of(words, part),
            threads=threads,
            progress=partial(_report, progress, 0.95 * done / total, 0.95 * part.seconds / total),
            seen=seen,
        )
        for name, piece in found.items():
            # Nothing is said yet in the first picture: a cover with half a sentence on it looks like a mistake.
            at = 0.0 if piece.details["captions"] == "burned" else None
            poster(piece.path, folder / f"{name}.jpg", at=at)
            _state_origin(piece.path, signer)
            # Looked at once, however many platforms share it.
            cover = look(piece.path.with_suffix(".jpg")).pictures
            made[name] = _Finished(piece, probe(piece.path, loudness=True), cover)
        done += part.seconds
    progress(1.0)
    rendered = []
    for one in wanted:
        pieces = [made[shapes[part][_spec(one, part, seconds)]] for part in parts[one.platform]]
        rendered.append(_rendered(one, parts[one.platform], pieces, seconds, seen.pictures(), timed=bool(words)))
    return rendered


def _report(progress: Progress, begun: float, share: float, through: float) -> None:
    progress(begun + share * through)


def _face(source: Path, seconds: float) -> Box | None:
    """What holds the largest face early and late in the film; None where nobody is seen."""
    from media.errors import NotUsable
    from media.faces.preflight import find_faces
    from media.types import Box
    from media.video.thumbnails import picture_at

    found: list[Box] = []
    for share in _LOOKED_AT:
        try:
            faces = find_faces(picture_at(source, share * seconds))
        except NotUsable:
            continue
        found += [max(faces, key=lambda face: face.share).box] if faces else []
    if not found:
        return None
    left, top = min(box.x for box in found), min(box.y for box in found)
    right, bottom = max(box.x + box.width for box in found), max(box.y + box.height for box in found)
    return Box(left, top, right - left, bottom - top)


def _words(timings: Path | None) -> list[Word]:
    from media.types import Word

    if timings is None:
        return []
    document = json.loads(timings.read_bytes())
    return [Word(word["text"], float(word["start"]), float(word["end"])) for word in document["words"]]


def _parts(wanted: Wanted, words: Sequence[Word], seconds: float) -> tuple[Part, ...]:
    from media.video.parts import end_at_sentence, split_at_sentences

    longest = wanted.requirements.max_duration_s
    if wanted.when_too_long is WhenTooLong.END_AT_SENTENCE:
        return (end_at_sentence(words, seconds, longest),)
    return split_at_sentences(words, seconds, longest)


def _cues(words: Sequence[Word], part: Part, language: str) -> list[Cue]:
    """The captions of a part; none stays longer than its pictures."""
    from media.captions.cues import cues_from_words
    from media.video.parts import words_of

    cues = cues_from_words(words_of(words, part), language=language)
    return [replace(cue, end=min(cue.end, part.seconds)) for cue in cues]


def _state_origin(video: Path, signer: Signer | None) -> None:
    """Say in a video and its poster how they came to be, and have it signed. Nothing may change them from here on."""
    poster = video.with_suffix(".jpg")
    mark_video(video)
    mark_picture(poster)
    if signer is not None:
        for path in (video, poster):
            sign(path, path.name, signer)


def _rendered(
    wanted: Wanted,
    parts: Sequence[Part],
    finished: Sequence[_Finished],
    seconds: float,
    original: Pictures,
    *,
    timed: bool,
) -> Rendered:
    made = [one.made for one in finished]
    pieces = tuple(_piece(one, wanted) for one in finished)
    return Rendered(
        wanted.platform,
        pieces,
        made[0].width,
        made[0].height,
        _is_whole(parts, seconds),
        Captions.BURNED if any(one.details["captions"] == "burned" for one in made) else Captions.FILES,
        (
            *_told_of_length(wanted, parts, seconds, timed=timed),
            *_told_of_captions(wanted, made),
            *_told_of_rules(wanted, pieces),
            *([_DRAFT.format(wanted.requirements.name)] if wanted.draft else []),
        ),
        original,
        seconds,
    )


def _piece(finished: _Finished, wanted: Wanted) -> Piece:
    made = finished.made
    srt, vtt = made.path.with_suffix(".srt"), made.path.with_suffix(".vtt")
    return Piece(
        made.path,
        made.path.with_suffix(".jpg"),
        srt if srt.exists() else None,
        vtt if vtt.exists() else None,
        made.duration,
        () if wanted.draft else conformity(wanted.requirements, finished.found),
        made.pictures,
        finished.cover,
    )


def _is_whole(parts: Sequence[Part], seconds: float) -> bool:
    return len(parts) == 1 and parts[0].end >= seconds


def _told_of_length(wanted: Wanted, parts: Sequence[Part], seconds: float, *, timed: bool) -> list[str]:
    """What the owner of a film that was too long is told about what was delivered."""
    if _is_whole(parts, seconds):
        return []
    name, longest = wanted.requirements.name, wanted.requirements.max_duration_s or 0.0
    limit = f"{name} takes at most {longest:.0f} s and the film has {seconds:.0f} s:"
    inside = [number for number, part in enumerate(parts, 1) if part.inside_sentence]
    why = "a sentence that is longer than that" if timed else "a sentence, for it is not known when each word is said"
    if wanted.when_too_long is WhenTooLong.END_AT_SENTENCE:
        where = f"inside {why}" if inside else "with the last sentence that fits"
        return [f"{limit} its video ends at {parts[0].end:.0f} s, {where}. The whole film is in the original video."]
    told = f"{limit} it comes in {len(parts)} parts to be published one after the other"
    if not inside:
        return [f"{told}, each ending with a sentence."]
    numbers = " and ".join(filter(None, (", ".join(map(str, inside[:-1])), str(inside[-1]))))
    return [f"{told}; {f'part {numbers} ends' if len(inside) == 1 else f'parts {numbers} end'} inside {why}."]


def _told_of_captions(wanted: Wanted, made: Sequence[Made]) -> list[str]:
    problem = next((found for one in made if (found := one.details.get("captions_problem"))), None)
    if problem is None:
        return []
    why = str(problem).rstrip(".")
    return [f"The captions for {wanted.requirements.name} are files beside the video, not in it: {why}."]


def _told_of_rules(wanted: Wanted, pieces: Sequence[Piece]) -> list[str]:
    missed = {one.rule: one for piece in pieces for one in broken(piece.conformance)}
    return [
        f"{wanted.requirements.name} wants a {_RULES.get(one.rule, one.rule)} of {_in_words(one.wanted)}, "
        f"and the video has {one.found}."
        for one in missed.values()
    ]


def _in_words(wanted: str) -> str:
    return wanted.replace(">=", "at least").replace("<=", "at most").replace("+-", "plus or minus ")


def _spec(wanted: Wanted, part: Part, seconds: float) -> RenditionSpec:
    """What the encoder has to make, without a name: equal where two platforms want the same."""
    from media.types import RenditionSpec

    wants = wanted.requirements
    width, height = wants.width, wants.height
    if wanted.draft:
        width, height = (max(16, side // _DRAFT_SHARE // 2 * 2) for side in (width, height))
    longest = wants.max_duration_s
    whole = part.start == 0 and part.end >= seconds and (longest is None or seconds <= longest)
    return RenditionSpec(
        name="",
        width=width,
        height=height,
        frame_rate=wants.frame_rate,
        video_codec=wants.video_codec,
        video_bit_rate=None if wanted.draft else wants.video_bit_rate,
        crf=_DRAFT_CRF if wanted.draft else wants.crf,
        audio_bit_rate=wants.audio_bit_rate,
        sample_rate=wants.sample_rate,
        loudness_lufs=wants.loudness_lufs,
        max_duration=None if whole else min(part.seconds, longest or part.seconds),
        fit=wants.fit,
        burn_captions=wanted.captions is Captions.BURNED,
        highlight_words=wanted.captions is Captions.BURNED and wanted.highlight_words,
        reserved=wants.reserved.shares() if wanted.captions is Captions.BURNED else None,
    )
