"""What makes a still face speak: where its lips and eyes are, how they move, and the pictures that follow.

:mod:`media.animation.talking` is the way in. Inside, places on a face are in face units: the origin is midway
between the
pupils, x runs along the line from the left pupil to the right one, y down the face, and the pupils are 1.0 apart.
"""
