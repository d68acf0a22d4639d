"""What runs in a worker process for trims, moments and clips. The media library is imported inside, as in ``work``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

Progress = Callable[[float], None]


def trim(source: Path, out: Path, start: float, end: float, *, progress: Progress) -> dict[str, Any]:
    """Write the part of ``source`` between two times to ``out``."""
    from media.trim.trim import trim as cut

    made = cut(source, out, start, end, progress=progress)
    return {
        "start": round(made.start, 3),
        "end": round(made.end, 3),
        "duration": round(made.duration, 3),
        "frames": made.frames,
        "width": made.width,
        "height": made.height,
        "method": made.method,
        **({"method_reason": made.reason} if made.reason else {}),
    }


def find_moments(
    film: Path, transcript: Path, out: Path, options: Mapping[str, Any], *, progress: Progress
) -> dict[str, Any]:
    """Write the moments of ``film`` that make good clips to ``out``, by what its transcript says is said in it."""
    from media.hooks.film import find_moments as find

    words, language = words_of(transcript)
    found = find(film, **{**options, "language": language}, words=words, progress=progress)
    return _told(out, found.moments, found.shortfall_reasons, found.method, found.duration, found.language)


def settle(
    proposed: Sequence[Mapping[str, Any]], transcript: Path, out: Path, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Write what a language model proposed to ``out``, as moments between sentences, none over another."""
    from media.hooks.moments import LEAST_S, MOST_S, Proposal, count_for, shortfall
    from media.hooks.moments import settle as between
    from media.hooks.sentences import Line, sentences

    words, language = words_of(transcript)
    duration = float(options["duration"])
    count = options.get("count") or count_for(duration)
    shortest_s = float(options.get("shortest_s") or LEAST_S)
    spoken = sentences([Line(word.start, word.end, word.text, (word,)) for word in words], language)
    proposals = [Proposal(one["start"], one["end"], one["score"], one["title"], one["reason"]) for one in proposed]
    found = between(
        proposals,
        spoken,
        duration,
        count=count,
        shortest_s=shortest_s,
        longest_s=float(options.get("longest_s") or MOST_S),
    )
    reasons = shortfall(len(found), count, spoken, duration, shortest_s=shortest_s)
    return _told(out, found, reasons, "speech", duration, language)


def _told(
    out: Path, moments: Sequence[Any], reasons: Sequence[str], method: str, duration: float, language: str
) -> dict[str, Any]:
    hooks = [
        {
            "start": one.start,
            "end": one.end,
            "title": one.title,
            "reason": one.reason,
            "score": one.score,
            "text": one.text,
        }
        for one in moments
    ]
    about = {
        "shortfall_reasons": list(reasons),
        "method": method,
        "duration": round(duration, 3),
        "language": language,
    }
    evidence = [[asdict(each) for each in one.evidence] for one in moments]
    document = {
        "hooks": [{**hook, "evidence": cited} for hook, cited in zip(hooks, evidence, strict=True)],
        **about,
    }
    out.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return {"hooks": [{**hook, "text": hook["text"][:500]} for hook in hooks], **about}


def render(
    film: Path,
    transcript: Path | None,
    edit: Mapping[str, Any],
    out: Path,
    short_side: int,
    longest_silence_s: float | None,
    *,
    progress: Progress,
) -> dict[str, Any]:
    """Write the clip that an edit list describes to ``out``, its captions and its picture beside it; pauses between its
    words are shortened to ``longest_silence_s``."""
    from media.captions.cues import to_srt, to_vtt
    from media.clips.edits import EditList
    from media.clips.render import render_clip
    from media.clips.words import without_silence
    from media.video.thumbnails import poster

    words, language = words_of(transcript) if transcript is not None else ((), "en")
    wanted = EditList.read(edit)
    if longest_silence_s is not None:
        wanted = without_silence(wanted, words, longest_s=longest_silence_s)
    made = render_clip(
        film,
        wanted,
        out,
        words=words,
        language=language,
        short_side=short_side,
        progress=progress,
    )
    out.with_suffix(".srt").write_text(to_srt(made.cues), encoding="utf-8")
    out.with_suffix(".vtt").write_text(to_vtt(made.cues), encoding="utf-8")
    poster(out, out.with_suffix(".jpg"), max_side=1280)
    return {
        "width": made.made.width,
        "height": made.made.height,
        "duration": round(made.made.duration, 3),
        "cues": len(made.cues),
        "shots": [asdict(shot) for shot in made.shots],
        "warnings": list(made.warnings),
    }


def words_of(transcript: Path) -> tuple[tuple[Any, ...], str]:
    """The words of a transcript's document with their times, and its language."""
    from media.types import Word

    document = json.loads(transcript.read_bytes())
    words = tuple(Word(one["text"], one["start"], one["end"]) for one in document["words"])
    return words, str(document.get("language") or "en")
