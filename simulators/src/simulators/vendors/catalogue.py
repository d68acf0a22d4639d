"""Every simulated vendor, by name."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.core.base import Simulator
from simulators.vendors.anthropic import Anthropic
from simulators.vendors.elevenlabs import ElevenLabs
from simulators.vendors.fal import Fal
from simulators.vendors.gemini import Gemini, Veo
from simulators.vendors.heygen import HeyGen
from simulators.vendors.ideogram import Ideogram
from simulators.vendors.midjourney import Midjourney
from simulators.vendors.openai import OpenAI
from simulators.vendors.openid.apple import Apple
from simulators.vendors.openid.google import Google
from simulators.vendors.own_server import OwnServer
from simulators.vendors.razorpay.server import Razorpay
from simulators.vendors.replicate import Replicate
from simulators.vendors.runway import Runway
from simulators.vendors.sentry import Sentry
from simulators.vendors.stability import Stability
from simulators.vendors.stripe.server import Stripe
from simulators.vendors.videos import Videos
from simulators.vendors.youtube.server import YouTube

AI: Mapping[str, type[Simulator]] = {
    kind.vendor: kind
    for kind in (
        Gemini,
        Veo,
        Fal,
        OpenAI,
        Anthropic,
        ElevenLabs,
        Runway,
        Stability,
        HeyGen,
        Ideogram,
        Midjourney,
        Replicate,
        OwnServer,
    )
}
"""Those that do AI work: the ones the matrix is about."""

ALL: Mapping[str, type[Simulator]] = {
    **AI,
    **{kind.vendor: kind for kind in (Google, Apple, YouTube, Videos, Stripe, Razorpay, Sentry)},
}
