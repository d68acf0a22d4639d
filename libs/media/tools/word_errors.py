"""How much of what a voice says is understood: Whisper tiny.en listens to 40 English scripts.

``python libs/media/tools/word_errors.py [--engine espeak-ng] [--voice male]`` prints the word errors of each script and
of all, and how long speaking took beside how long it sounds. Numbers and signs are compared as they are said.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from media.ears.agreement import compare
from media.ears.listening import listen
from media.speech.synthesis import synthesise

SCRIPTS = (
    "Photosynthesis turns light into sugar, and every leaf is a small factory.",
    "The meeting is on March 3rd, 2026, at 7:30 pm in room 12.",
    "My father bought five pumps, a map and a lamp for the boat.",
    "Our shop sold 1,250 cups of coffee last week, 20% more than before.",
    "Margaret and Philip fly from Boston to Vienna on Thursday.",
    "Please write to our office before the end of the month.",
    "The train to Edinburgh leaves at 9:05 and arrives at 13:40.",
    "In 1969 two people walked on the moon for the first time.",
    "Water boils at 100 degrees Celsius at sea level.",
    "She paid $49.99 for the blue jacket and $12 for the scarf.",
    "Dr. Johnson will see you on Monday, January 5th.",
    "About 3.5 million people live in Berlin.",
    "Our new kitchen knives stay sharp for 10 years.",
    "The museum opens at 10 am and closes at 6 pm.",
    "Charles Darwin was born in 1809 in Shrewsbury.",
    "Turn left after 200 meters, then cross the bridge.",
    "This recipe needs 250 grams of flour and two eggs.",
    "Robert and Jessica married on June 21st, 2014.",
    "A healthy heart beats between 60 and 100 times a minute.",
    "We ship to Canada, Mexico and Japan within 5 days.",
    "The first chapter explains how rivers shape the land.",
    "Isabella plays the violin, and her brother plays drums.",
    "The price went up by 15% since last October.",
    "Welcome back to the channel, today we build a birdhouse.",
    "Mount Everest is 8,849 meters high.",
    "You can save 30% if you order before Friday.",
    "The human body has 206 bones.",
    "George Washington became president in 1789.",
    "Breathe in, count to four, and slowly breathe out again.",
    "Our office moved from Chicago to Seattle in 2022.",
    "Bees visit two million flowers to make one pound of honey.",
    "The concert starts at half past eight.",
    "Please bring a warm coat, because the evening will be cold.",
    "Marie Curie won the Nobel Prize in 1903 and again in 1911.",
    "The battery lasts 18 hours and charges in 45 minutes.",
    "Sign up today and get the first 3 months for free.",
    "Thomas found 17 old coins under the kitchen floor.",
    "The speed of light is about 300,000 kilometers per second.",
    "Good morning, and welcome to our little shop.",
    "If you liked this video, share it with a friend.",
)


def main() -> None:
    """Print a line a script, and their sum."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", choices=["hibari", "espeak-ng"])
    parser.add_argument("--voice", default="female", choices=["female", "male", "neutral"])
    asked = parser.parse_args()
    wrong = words = 0
    took = sounds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for index, script in enumerate(SCRIPTS):
            began = time.process_time(), time.monotonic()
            made = synthesise(script, Path(folder) / f"{index}.wav", voice=asked.voice, engine=asked.engine)
            took += time.monotonic() - began[1]
            sounds += made.duration
            heard = listen(made.path, language="en").text
            found = compare(script, heard)
            wrong, words = wrong + found.wrong, words + found.words
            print(f"{found.wrong:2d} of {found.words:2d}  {script}" + (f"\n          {heard}" if found.wrong else ""))
    print(f"{wrong} of {words} words wrong: {100 * wrong / words:.1f} %; {took / sounds:.3f} s a second of speech")


if __name__ == "__main__":
    main()
