"""What the AI router needs beyond the common settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, ValidationError

from chassis.settings import ServiceSettings, unfit_secret
from contracts.enums import Language, Voice

_SPEAKERS = {language.value for language in Language} | {f"{one}:{voice}" for one in Language for voice in Voice}


def _there(voices: Mapping[str, Path]) -> Mapping[str, Path]:
    problems = [f"{who} is neither a language nor a language:voice" for who in voices if who not in _SPEAKERS]
    files = [file for model in voices.values() for file in (model, model.with_name(f"{model.name}.json"))]
    problems += [f"{file} is not there" for file in files if not file.is_file()]
    if problems:
        raise ValueError("; ".join(problems))
    return voices


PiperVoices = Annotated[Mapping[str, Path], AfterValidator(_there)]
"""Voice files by who speaks with them: a language and a voice, ``en:female``, or all others of a language, ``en``."""


def read_piper_voices(text: str) -> Mapping[str, Path]:
    """What the environment says of Piper voices. Raises ``ValueError`` naming everything that is wrong."""
    try:
        return TypeAdapter(PiperVoices).validate_json(text)
    except ValidationError as error:
        problems = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        raise ValueError("; ".join(problems)) from error


def _heard(folder: Path | None) -> Path | None:
    if folder is not None and not (folder / "model.bin").is_file():
        raise ValueError(f"{folder} is no Whisper for CTranslate2: it has no model.bin")
    return folder


WhisperModel = Annotated[Path | None, AfterValidator(_heard)]
"""Where other ears than the packaged ones are."""


class Settings(ServiceSettings):
    """Vendor keys are not fields: the provider registry reads ``<VENDOR>_API_KEY`` for the rows it knows."""

    service_name: str = Field("ai_router", description="In log lines, metrics and traces.")
    workflow_url: str | None = Field(
        None, description="Where workflow answers, which knows what was uploaded. None: orders cannot name files."
    )
    replicate_webhook_secret: SecretStr | None = Field(
        None, description="What Replicate signs with; then it tells when a job has ended, at PUBLIC_URL."
    )
    job_concurrency: int = Field(32, ge=1, le=1000, description="Jobs under way at a time in one process.")
    job_lease_s: float = Field(30.0, gt=0, description="A job whose process died passes on after this long.")
    alone: bool = Field(False, description="This is the only worker on its database: take over open jobs at once.")
    render_deadline_s: float = Field(5_400.0, gt=0, description="Longest run of one local piece of work.")
    piper_voices: PiperVoices = Field(
        {}, description='Piper voices that speak instead of the local ones, as JSON: {"en:female": "/voices/amy.onnx"}.'
    )
    whisper_model: WhisperModel = Field(
        None,
        description="Folder of a Whisper converted for CTranslate2 that listens instead of the packaged tiny.en.",
    )
    source_max_mb: int = Field(2_048, ge=1, le=20_480, description="Largest video that is fetched from a link.")
    source_simulator: str | None = Field(
        None,
        pattern=r"^http://127\.0\.0\.1:[0-9]{1,5}$",
        description="A simulator on this machine where videos of links are looked up instead; never in production.",
    )
    catalogue_max_age_s: float = Field(5.0, ge=0, description="How old the catalogue and rules in memory may be.")
    fallback_enabled: bool = Field(True, description="Go on with the next provider where the chosen one fails.")
    health_every_s: float = Field(60.0, gt=0, description="How often each outside provider is asked for its health.")
    poll_stop_s: float = Field(600.0, gt=0, description="An asynchronous vendor that takes longer is given up.")
    keep_jobs_s: float = Field(7_776_000.0, gt=0, description="How long jobs and their calls are kept (90 days).")
    cache_results: bool = Field(True, description="Answer repeated deterministic work from the result cache.")
    cache_for_s: float = Field(86_400.0, gt=0, description="How long a cached result is good for.")

    def webhook_secrets(self) -> Mapping[str, SecretStr]:
        """By vendor, where it is expected to tell when jobs have ended."""
        found = {"replicate": self.replicate_webhook_secret}
        return {vendor: secret for vendor, secret in found.items() if secret is not None and secret.get_secret_value()}

    def _unfit_for_production(self) -> Iterator[str]:
        yield from super()._unfit_for_production()
        if self.source_simulator is not None:
            yield "SOURCE_SIMULATOR is set: videos of links would come from a simulator"
        for name, key in os.environ.items():
            if name.endswith("_API_KEY"):
                yield from unfit_secret(name, key)
