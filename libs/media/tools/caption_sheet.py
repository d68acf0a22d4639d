"""Burn one sentence into a photo in each of several scripts, side by side, to be looked at.

    python libs/media/tools/caption_sheet.py OUT.jpg PHOTO

Needs the package extras ``cjk`` and ``devanagari``, or fonts for those scripts on the system.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from media.captions.burn import CaptionPainter
from media.images.photos import decode
from media.types import Bgr, Cue

TEXTS = {
    "English": "Hello and welcome.\nThis photo can speak!",
    "Hindi": "नमस्ते, आपका स्वागत है।\nयह तस्वीर बोलती है!",
    "Chinese": "你好，欢迎使用\n会说话的照片！",
    "Japanese": "こんにちは、\n写真が話します。",
    "Korean": "안녕하세요,\n말하는 사진입니다.",
    "Arabic": "مرحبا بالعالم، أنا\nصورة متكلمة (2024).",
    "Hebrew": "שלום, אני תמונה (2024)\nTalkingPhoto שמדברת!",
    "Spanish": "¡Hola! ¿Qué tal?\nEsta foto sabe hablar.",
}
_WIDTH, _HEIGHT = 405, 720
_SHOWN = slice(330, 570)


def main(out: Path, photo: Path) -> None:
    """Write the sheet: two rows of the lower part of a tall picture."""
    image = decode(photo)
    height = image.shape[0]
    wide = height * _WIDTH // _HEIGHT
    left = max(0, (image.shape[1] - wide) // 2 - height // 16)
    tall = cv2.resize(image[:, left : left + wide], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    cells = [captioned(np.asarray(tall, np.uint8), text)[_SHOWN] for text in TEXTS.values()]
    half = len(cells) // 2
    sheet = np.vstack([np.hstack(cells[:half]), np.hstack(cells[half:])])
    cv2.imwrite(str(out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])


def captioned(image: Bgr, text: str) -> Bgr:
    """``image`` with the caption where a video of its size would have it."""
    caption = CaptionPainter([Cue(text, 0.0, 1.0)], image.shape[1], image.shape[0]).image(text)
    picture = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    picture.paste(caption.convert("RGB"), (0, 0), caption.getchannel("A"))
    return np.asarray(cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR), np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
