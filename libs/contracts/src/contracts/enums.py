"""Enumerations that more than one service uses (PLT-40 to PLT-58). Values are what travels and what is stored."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an account may do. PX's ``Premium`` is computed from the plan, not stored."""

    USER = "user"
    ADMIN = "admin"


class ProductLineKey(StrEnum):
    """The four products."""

    TALKINGPHOTO = "talkingphoto"
    REELY = "reely"
    FILMSTUDIO = "filmstudio"
    PIXIE = "pixie"


class WorkflowType(StrEnum):
    """What can be asked to be made."""

    PRODUCT_DEMO = "product_demo"
    AVATAR_PRESENTATION = "avatar_presentation"
    LIFESTYLE_CONTENT = "lifestyle_content"
    EDUCATIONAL = "educational"
    CLIP_TRIM = "clip_trim"
    CLIP_AUTO_HOOKS = "clip_auto_hooks"
    FILM_VIDEO = "film_video"


TALKING_PHOTO_TYPES = frozenset(
    {
        WorkflowType.PRODUCT_DEMO,
        WorkflowType.AVATAR_PRESENTATION,
        WorkflowType.LIFESTYLE_CONTENT,
        WorkflowType.EDUCATIONAL,
    }
)


class Status(StrEnum):
    """Of a workflow or an AI job. The last three are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """True when nothing more will happen by itself."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class ProjectStatus(StrEnum):
    """Of a project or a YouTube upload, as clients see it. Filters accept ``completed`` for ``complete``."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETE = "complete"
    FAILED = "failed"


class WhenTooLong(StrEnum):
    """What becomes of a film that is longer than a platform takes (EXP-17). Nothing is lost by ``split``."""

    SPLIT = "split"
    END_AT_SENTENCE = "end_at_sentence"


class Captions(StrEnum):
    """Where the captions of a video are: in files beside it, or drawn into its pictures."""

    FILES = "files"
    BURNED = "burned"


class Voice(StrEnum):
    """Who speaks."""

    MALE = "male"
    FEMALE = "female"
    NEUTRAL = "neutral"


class Language(StrEnum):
    """Languages a script may be in."""

    EN = "en"
    HI = "hi"
    ES = "es"
    FR = "fr"
    DE = "de"
    JA = "ja"
    KO = "ko"
    ZH = "zh"


class Platform(StrEnum):
    """Where a video is published. The list is data and can grow."""

    INSTAGRAM = "instagram"
    TIKTOK = "tiktok"
    YOUTUBE = "youtube"


class Capability(StrEnum):
    """What ai-router can be asked for; also the job type."""

    IMAGE_ENHANCEMENT = "image_enhancement"
    IMAGE_GENERATION = "image_generation"
    IMAGE_EDIT = "image_edit"
    IMAGE_UPSCALE = "image_upscale"
    VIDEO_GENERATION = "video_generation"
    AUDIO_GENERATION = "audio_generation"
    LIP_SYNC = "lip_sync"
    MUSIC_GENERATION = "music_generation"
    TRANSCRIPTION = "transcription"
    HOOK_DETECTION = "hook_detection"
    WORKFLOW_OPTIMIZATION = "workflow_optimization"
    SOURCE_FETCH = "source_fetch"
    VIDEO_TRIM = "video_trim"
    CLIP_RENDERING = "clip_rendering"
    FILM_SHOT = "film_shot"
    FILM_JOIN = "film_join"


class AssetType(StrEnum):
    """Why a file is in a project."""

    INPUT = "input"
    OUTPUT = "output"
    REFERENCE = "reference"


class SharePermission(StrEnum):
    """What somebody may do with a project that is shared with them (PRJ-13)."""

    VIEWER = "viewer"
    EDITOR = "editor"


class SubscriptionStatus(StrEnum):
    """Mirrors the payment processor."""

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PaymentStatus(StrEnum):
    """Of one payment."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUNDED = "refunded"


class CreditTransactionType(StrEnum):
    """Why a balance changed."""

    DEDUCTION = "deduction"
    PURCHASE = "purchase"
    GRANT = "grant"
    REFUND = "refund"


class Difficulty(StrEnum):
    """Of an export template."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class Quality(StrEnum):
    """What a user prefers when providers differ."""

    ECONOMY = "economy"
    BALANCED = "balanced"
    PREMIUM = "premium"


class Priority(StrEnum):
    """The lane a worker command travels in."""

    HIGH = "high_priority"
    NORMAL = "normal"
    LOW = "low_priority"


class Severity(StrEnum):
    """Of an operator alert."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class ScanStatus(StrEnum):
    """Whether a file may be used."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    ERROR = "error"


class ServiceHealth(StrEnum):
    """Answer of a probe; below HTTP 400 is healthy."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class ProviderKey(StrEnum):
    """Who can do AI work. Simulated and configured ones add their own keys as catalogue rows."""

    NANO_BANANA = "nano_banana"
    IDEOGRAM = "ideogram"
    MIDJOURNEY_API = "midjourney_api"
    LOCAL_UPSCALER = "local_upscaler"
    VEO3 = "veo3"
    RUNWAY_ACT2 = "runway_act2"
    HEYGEN_AVATAR = "heygen_avatar"
    LOCAL_STABLE_VIDEO = "local_stable_video"
    FAL_AI = "fal_ai"
    OPENAI = "openai"
    STABILITY_AI = "stability_ai"
    ANTHROPIC = "anthropic"
    ELEVENLABS = "elevenlabs"
    REPLICATE = "replicate"
    LOCAL_SPEECH = "local_speech"
    LOCAL_MUSIC = "local_music"
    LOCAL_EARS = "local_ears"
    LOCAL_HOOKS = "local_hooks"
    LOCAL_SOURCES = "local_sources"
    LOCAL_CLIPS = "local_clips"
    LOCAL_EDITOR = "local_editor"
    OWN_SERVER = "own_server"
    LOCAL_FILM = "local_film"
