"""A talk to make clips of where nobody has one at hand: a sample portrait that speaks for a minute and a half."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

_SIDES = (640, 360)
_FRAME_RATE = 15.0
_SAID = """
Hello, and welcome. Today I want to tell you how we lost everything, and why that was the best thing that ever happened.
Five years ago I began a small company with two friends. We had no money, no office, and no idea of what we were doing.
Nobody believed that it would work. Not my parents, not the bank, not even my own brother.
But here is the secret that nobody tells you. The first idea is always wrong.
We built a machine that could water plants. It flooded three kitchens. Imagine the phone calls!
So what did we do? We threw away two years of work in a single afternoon, and we asked our customers one question.
What do you really need? And the answer surprised all of us. They did not want a machine. They wanted time.
That one sentence changed the whole company. We stopped selling things, and we began to give people their evenings back.
In the first month we had nine customers. A year later we had ninety thousand.
If you remember one thing from this talk, let it be this. Fall in love with the problem, and never with your solution.
Thank you very much for listening. I am happy to take your questions.
"""


def make_talk(portrait: Path, out: Path) -> None:
    """Write the talk to ``out``, whole or not at all. Raises ``media.errors``."""
    from media.animation.talking import render
    from media.speech.synthesis import synthesise

    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix="talk-") as folder:
        speech = synthesise(_SAID, Path(folder) / "talk.wav", voice="female")
        width, height = _SIDES
        made = render(
            portrait, speech, Path(folder) / "talk.mp4", width=width, height=height, frame_rate=_FRAME_RATE, threads=2
        )
        made.path.replace(out)
