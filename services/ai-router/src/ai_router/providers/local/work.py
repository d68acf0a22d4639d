"""What runs in a worker process for the local providers.

The media library is imported inside: the service's own process never loads decoders, and a worker loads only what its
job needs. Every function raises only ``media.errors`` and returns what a result's ``data`` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

Progress = Callable[[float], None]


def enhance(source: Path, out: Path, kind: str, strength: float, *, progress: Progress) -> dict[str, Any]:
    """Write the enhanced photo to ``out``."""
    from media.enhance.photo import enhance_file

    made = enhance_file(source, out, kind=kind, strength=strength, progress=progress)
    applied = str(made.details.get("applied", ""))
    return {
        "width": made.width,
        "height": made.height,
        "applied": [name.strip() for name in applied.split(",") if name.strip()],
        "spared": [why.strip() for why in str(made.details.get("spared", "")).split(";") if why.strip()],
    }


def upscale(source: Path, out: Path, factor: Literal[2, 4], redrawn: bool, *, progress: Progress) -> dict[str, Any]:
    """Write the photo at ``factor`` times its size to ``out``; ``redrawn``: by the network that takes minutes."""
    if redrawn:
        from media.enhance.realesrgan import redraw_file

        made = redraw_file(source, out, factor=factor, progress=progress)
    else:
        from media.enhance.upscale import upscale_file

        made = upscale_file(source, out, factor=factor, progress=progress)
    return {"width": made.width, "height": made.height, "factor": factor}


def edit(
    source: Path, folder: Path, recipe: list[dict[str, Any]], pictures: dict[str, Path], *, progress: Progress
) -> dict[str, Any]:
    """Write what a recipe makes of the photo into ``folder``; ``file`` is its name there."""
    from media.recipes.apply import apply_file
    from media.recipes.steps import VERSION, recipe_of

    made = apply_file(source, folder, recipe_of(recipe), pictures, progress=progress)
    return {
        "width": made.width,
        "height": made.height,
        "file": made.path.name,
        "recipe": recipe,
        "recipe_version": VERSION,
    }


def preview(source: Path, out: Path, recipe: list[dict[str, Any]], pictures: dict[str, Path]) -> None:
    """Write a quick look at what a recipe makes of the photo to ``out``."""
    from media.recipes.apply import preview_file
    from media.recipes.steps import recipe_of

    preview_file(source, out, recipe_of(recipe), pictures)


def speak(script: str, sound: Path, timings: Path, options: dict[str, Any], *, progress: Progress) -> dict[str, Any]:
    """Write the speech to ``sound`` and its timings document to ``timings``."""
    from media.speech.synthesis import synthesise

    return _told(synthesise(script, sound, progress=progress, **options), timings)


def say(script: str, sound: Path, options: dict[str, Any]) -> None:
    """Write how a sentence is said to ``sound``."""
    from media.speech.synthesis import synthesise

    synthesise(script, sound, **options)


def _told(speech: Any, timings: Path) -> dict[str, Any]:
    about = {
        "duration": speech.duration,
        "sample_rate": speech.sample_rate,
        "language": speech.language,
        "voice": speech.voice,
        "engine": speech.engine,
        "loudness_lufs": speech.loudness_lufs,
    }
    document = {
        **about,
        "words": [asdict(word) for word in speech.words],
        "phonemes": [asdict(phoneme) for phoneme in speech.phonemes],
    }
    timings.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return about


def transcribe(
    recording: Path, out: Path, language: str | None, weights: Path | None, *, progress: Progress
) -> dict[str, Any]:
    """Write what is said in ``recording``, with the time of every word, to ``out``."""
    from media.ears.listening import listen

    heard = listen(recording, language=language, weights=weights, progress=progress)
    about = {"text": heard.text, "language": heard.language, "duration": round(heard.duration, 3)}
    document = {
        **about,
        "words": [asdict(word) for word in heard.words],
        "segments": [
            {"text": one.text, "start": one.start, "end": one.end, "sure": round(one.sure, 3)} for one in heard.passages
        ],
    }
    out.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return {**about, "words": len(heard.words), "model": heard.model}


def find_hooks(
    lines: list[dict[str, Any]], recording: Path | None, out: Path, options: dict[str, Any], *, progress: Progress
) -> dict[str, Any]:
    """Write the best moments of a transcript to ``out``, judged by their sound too where there is a recording."""
    from media.hooks.rubric import find_hooks
    from media.hooks.sentences import Line
    from media.hooks.sound import sound_of
    from media.types import Word

    progress(0.0)
    sound = None if recording is None else sound_of(recording)
    spoken = [
        Line(
            one["start"],
            one["end"],
            one["text"],
            tuple(Word(word["text"], word["start"], word["end"]) for word in one.get("words") or ()),
        )
        for one in lines
    ]
    found = find_hooks(spoken, sound=sound, **options)
    document = {
        "hooks": [
            {
                "start": round(hook.start, 3),
                "end": round(hook.end, 3),
                "title": hook.title,
                "reason": hook.reason,
                "score": hook.score,
                "evidence": [asdict(one) for one in hook.evidence],
            }
            for hook in found
        ]
    }
    out.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    progress(1.0)
    return document


def time_speech(
    script: str, recording: Path, heard: list[dict[str, Any]], sound: Path, timings: Path, options: dict[str, Any]
) -> dict[str, Any]:
    """Write a vendor's recording of a script as WAV to ``sound`` and its timings document to ``timings``.

    ``heard``: the words that the vendor told the times of.
    """
    from media.speech.timed import timed
    from media.types import Word

    samples, rate = _speech_in(recording)
    words = [Word(one["text"], one["start"], one["end"]) for one in heard]
    return _told(timed(script, samples, rate, sound, heard=words, **options), timings)


LONGEST_SPEECH_S = 1200.0
"""Sound of a mouth is held in memory whole: 12 MB a minute."""


def _speech_in(recording: Path) -> tuple[Any, int]:
    """Mono samples and their rate. Raises ``NotUsable`` where there are none, or more than ``LONGEST_SPEECH_S``."""
    from media.errors import NotUsable
    from media.video.source import read_audio

    found = read_audio(recording, mono=True, seconds=LONGEST_SPEECH_S + 1)
    if found is None or not len(found[0]):
        raise NotUsable("the recording has no sound", code="NO_SOUND", advice="Choose one in which somebody speaks.")
    samples, rate = found
    if len(samples) > LONGEST_SPEECH_S * rate:
        minutes = LONGEST_SPEECH_S / 60
        raise NotUsable(
            f"the recording is longer than {minutes:.0f} minutes", code="TOO_LONG", advice="Cut it into parts."
        )
    return samples.reshape(-1), rate


def talk(
    photo: Path, audio: Path, timings: Path, out: Path, options: dict[str, Any], *, progress: Progress
) -> dict[str, Any]:
    """Render the talking photo to ``out``."""
    from media.animation.talking import render

    speech = speech_of(audio, json.loads(timings.read_bytes()))
    made = render(photo, speech, out, progress=progress, **options)
    return {"width": made.width, "height": made.height, "duration": made.duration, **made.details}


_LOOKS = 12
"""So many pictures of a video are looked at for its speaker's face."""


def sync_lips(
    video: Path, audio: Path, out: Path, weights: Path | None, options: dict[str, Any], *, progress: Progress
) -> dict[str, Any]:
    """Have the largest face in ``video`` speak ``audio``: the picture in which it is seen best, its mouth moved by the
    words that the ears with ``weights`` hear in whatever language, else by the loudness of the recording."""
    import cv2

    from media.animation.talking import render
    from media.ears.listening import listen
    from media.errors import NotUsable
    from media.faces.preflight import find_faces
    from media.sound.wav import write_wav
    from media.speech.spoken.languages import LANGUAGES
    from media.speech.timed import timed
    from media.types import Speech
    from media.video.clip import inspect
    from media.video.thumbnails import picture_at

    samples, rate = _speech_in(audio)
    clip = inspect(video)
    best, shown = 0.0, None
    for number in range(_LOOKS):
        image = picture_at(video, clip.seconds * (number + 0.5) / _LOOKS)
        for face in find_faces(image):
            if face.share > best:
                best, shown = face.share, image
        progress(0.2 * (number + 1) / _LOOKS)
    if shown is None:
        raise NotUsable("no face is in the video", code="NO_FACE", advice="Choose one with a face seen from the front.")
    photo, sound = out.with_name("speaker.png"), out.with_name("speech.wav")
    cv2.imwrite(str(photo), shown)
    heard = listen(audio, weights=weights)
    if heard.words and heard.language in LANGUAGES:
        # What is said tells the mouth more than how loud it is.
        speech = timed(heard.text, samples, rate, sound, language=heard.language, heard=heard.words)
    else:
        write_wav(sound, samples.reshape(-1, 1), rate)
        speech = Speech(sound, rate, len(samples) / rate, (), (), heard.language, "neutral", "", -16.0)
    progress(0.3)
    made = render(
        photo,
        speech,
        out,
        width=clip.shape.width,
        height=clip.shape.height,
        progress=lambda share: progress(0.3 + 0.7 * share),
        **options,
    )
    return {"width": made.width, "height": made.height, "duration": made.duration, **made.details}


def compose(out: Path, options: dict[str, Any], prompt: str, *, progress: Progress) -> dict[str, Any]:
    """Compose background music to ``out``; in a style, or in the one that words in its place, and the prompt, name."""
    from media.film.sound import style_of
    from media.sound.music import STYLES, make_bed

    progress(0.0)
    style = options["style"]
    made = make_bed(out, **{**options, "style": style if style in STYLES else style_of(f"{style} {prompt}")})
    progress(1.0)
    return {"duration": made.duration}


def film_shot(
    shot: dict[str, Any], files: dict[str, Path], out: Path, options: dict[str, Any], *, progress: Progress
) -> dict[str, Any]:
    """Render the pictures of one shot of a film to ``out``."""
    from media.film.plan import Target
    from media.film.render import render_shot
    from media.film.subtitles import shot_cues

    one = _shot(shot)
    target = Target(**options["target"])
    narration = None
    if "audio" in files and "timings" in files:
        narration = speech_of(files["audio"], json.loads(files["timings"].read_bytes()))
    cues = (
        shot_cues(one, narration, language=options["language"])
        if narration is not None and target.burn_subtitles
        else ()
    )
    made = render_shot(
        one,
        out,
        target=target,
        picture=files.get("video") or files.get("image"),
        narration=narration,
        cues=cues,
        seed=options["seed"],
        progress=progress,
    )
    return {"duration": made.duration, "frames": one.frames, "width": made.width, "height": made.height}


def film_join(
    plan: dict[str, Any], files: dict[str, Path], outs: dict[str, Path], options: dict[str, Any], *, progress: Progress
) -> dict[str, Any]:
    """Put the shots of a film together, with the sound that is mixed for it, and write its subtitles beside it."""
    from media.captions.cues import to_srt, to_vtt
    from media.film.join import join
    from media.film.plan import read
    from media.film.sound import mix
    from media.film.subtitles import film_cues, shot_cues

    film = read(plan)
    voices = {shot.id: files[f"voice.{shot.id}"] for shot in film.shots if shot.spoken}
    sound = outs["video"].with_name("sound.mp4")
    mixed = mix(
        film,
        voices,
        sound,
        music=files.get("music"),
        repeats=options["music_repeats"],
        progress=lambda share: progress(0.8 * share),
    )
    cues = {}
    for shot in film.shots:
        if (timings := files.get(f"timings.{shot.id}")) is not None:
            narration = speech_of(voices[shot.id], json.loads(timings.read_bytes()))
            cues[shot.id] = shot_cues(shot, narration, language=film.language)
    whole = film_cues(film, cues)
    outs["srt"].write_text(to_srt(whole), encoding="utf-8")
    outs["vtt"].write_text(to_vtt(whole), encoding="utf-8")
    progress(0.85)
    made = join([files[f"clip.{shot.id}"] for shot in film.shots], sound, outs["video"])
    progress(1.0)
    return {"duration": made.duration, "width": made.width, "height": made.height, "cues": len(whole), **mixed.details}


def _shot(document: dict[str, Any]) -> Any:
    """The library's ``Shot`` from what an order says of one. Raises ``BadMedia`` for what is none."""
    from media.errors import BadMedia
    from media.film.plan import Kind, Motion, Shot

    try:
        return Shot(**{"id": "shot", **document, "kind": Kind(document["kind"]), "motion": Motion(document["motion"])})
    except (KeyError, TypeError, ValueError) as error:
        raise BadMedia(
            f"not a shot of a film: {error}", code="BAD_SHOT", advice="Order films by their project."
        ) from error


def speech_of(audio: Path, document: dict[str, Any]) -> Any:
    """The library's ``Speech`` from a recording and its timings document."""
    from media.types import Phoneme, Speech, Word

    return Speech(
        path=audio,
        sample_rate=document.get("sample_rate", 48_000),
        duration=document["duration"],
        phonemes=tuple(Phoneme(one["ipa"], one["start"], one["end"]) for one in document.get("phonemes", ())),
        words=tuple(Word(one["text"], one["start"], one["end"]) for one in document.get("words", ())),
        language=document.get("language", "en"),
        voice=document.get("voice", "neutral"),
        engine=document.get("engine", ""),
        loudness_lufs=document.get("loudness_lufs", -16.0),
    )
