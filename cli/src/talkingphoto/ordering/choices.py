"""What an order can choose from, in the words of the API."""

from __future__ import annotations

from enum import StrEnum


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


class Voice(StrEnum):
    """Who speaks."""

    MALE = "male"
    FEMALE = "female"
    NEUTRAL = "neutral"


class Platform(StrEnum):
    """Where a video is published."""

    INSTAGRAM = "instagram"
    TIKTOK = "tiktok"
    YOUTUBE = "youtube"


class WhenTooLong(StrEnum):
    """What a platform gets that takes no film that long: all of it in parts, or its beginning."""

    SPLIT = "split"
    END_AT_SENTENCE = "end_at_sentence"


class Captions(StrEnum):
    """Where captions are: in files beside the video, or drawn into it."""

    FILES = "files"
    BURNED = "burned"


class Quality(StrEnum):
    """What to prefer when providers differ."""

    ECONOMY = "economy"
    BALANCED = "balanced"
    PREMIUM = "premium"


class WorkflowType(StrEnum):
    """What a video is for."""

    PRODUCT_DEMO = "product_demo"
    AVATAR_PRESENTATION = "avatar_presentation"
    LIFESTYLE_CONTENT = "lifestyle_content"
    EDUCATIONAL = "educational"
    CLIP_TRIM = "clip_trim"
    CLIP_AUTO_HOOKS = "clip_auto_hooks"
    FILM_VIDEO = "film_video"
