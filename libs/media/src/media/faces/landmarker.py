"""The 478 landmarks of MediaPipe's Face Landmarker, from a ``face_landmarker.task`` file that somebody configured.

The bundle holds two networks. BlazeFace (Bazarevsky et al. 2019) looks at the whole picture and proposes boxes with
eyes; the face mesh (Kartynnik et al. 2019) looks at one face, turned upright, and gives points in three dimensions.
What happens around them (anchors, weighted suppression, the region that the mesh looks at) follows the task's graphs
as MediaPipe publishes them, so that the same bundle gives the same points. They run on LiteRT, which comes with the
extra ``landmarks``; the package ``mediapipe`` itself insists on another OpenCV than ours.
"""

from __future__ import annotations

import math
import threading
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import NotConfigured
from media.types import Bgr

EXTRA = "talkingphoto-media[landmarks]"
POINTS = 478

Plane = NDArray[np.float64]

_DETECTOR, _MESH = "face_detector.tflite", "face_landmarks_detector.tflite"
_ANCHOR_GRIDS = ((16, 2), (8, 6))  # cells on a side, anchors in a cell
_COORDINATES = 16  # centre, size, six points
_LEAST_SCORE, _LEAST_PRESENCE = 0.5, 0.5
_SAME_FACE = 0.5  # intersection over union
_ROOM = 1.5  # the mesh looks at the box times this

_loaded = threading.local()


@dataclass(frozen=True, slots=True)
class Landmarks:
    """One face: 478 points ``(x, y, z)`` in pixels of the photo (z towards the camera negative, on the scale of x), and
    how sure the mesh is that it looked at a face, 0 to 1."""

    points: Plane
    presence: float


class FaceLandmarker:
    """The networks of one bundle, on one thread. Not for several threads at once.

    Raises ``NotConfigured``: ``LANDMARKER_MISSING`` without the package extra, ``LANDMARKER_FILE_MISSING`` without the
    file, ``LANDMARKER_FILE_UNFIT`` where it is no such bundle.
    """

    def __init__(self, file: Path) -> None:
        if find_spec("ai_edge_litert") is None:
            raise NotConfigured(
                "a Face Landmarker is configured, but ai-edge-litert is not installed",
                code="LANDMARKER_MISSING",
                advice=f"Install {EXTRA}.",
            )
        if not file.is_file():
            raise NotConfigured(f"the landmarker file {file} is not there", code="LANDMARKER_FILE_MISSING")
        try:
            with zipfile.ZipFile(file) as bundle:
                self._detector = _Network(bundle.read(_DETECTOR), (896 * _COORDINATES, 896))
                self._mesh = _Network(bundle.read(_MESH), (POINTS * 3, 1))
        except Exception as error:  # LiteRT and flatbuffers answer broken files with errors of every kind
            raise NotConfigured(
                f"the landmarker file {file} cannot be used: {type(error).__name__}: {error}",
                code="LANDMARKER_FILE_UNFIT",
            ) from error
        self._anchors = _anchors()

    def find(self, image: Bgr) -> list[Landmarks]:
        """The faces of ``image``, the surest detection first."""
        found = []
        for region in self._regions(image):
            side = self._mesh.side
            patch = self._mesh.run(_sampled(image, region, side, cv2.BORDER_REPLICATE))
            presence = float(_sigmoid(patch[1])[0])
            if presence > _LEAST_PRESENCE:
                found.append(Landmarks(_projected(patch[0].reshape(-1, 3)[:POINTS], region, side), presence))
        return found

    def _regions(self, image: Bgr) -> list[Plane]:
        """Where the mesh should look: matrices (2 x 3) from shares of its picture to pixels of the photo."""
        height, width = image.shape[:2]
        longer = max(width, height)
        whole = np.array([[longer, 0, (width - longer) / 2], [0, longer, (height - longer) / 2]], np.float64)
        side = self._detector.side
        coordinates, logits = self._detector.run(_sampled(image, whole, side, cv2.BORDER_CONSTANT))
        scores = _sigmoid(logits)
        sure = np.flatnonzero(scores >= _LEAST_SCORE)
        boxes = coordinates.reshape(-1, _COORDINATES)[sure].astype(np.float64) / side
        boxes[:, [*range(0, 2), *range(4, _COORDINATES)]] += np.tile(self._anchors[sure], 7)
        return [_region(box, whole) for box in _suppressed(boxes, scores[sure])]


def landmarker(file: Path) -> FaceLandmarker:
    """The bundle in ``file``, loaded once for each thread and version of the file. Raises ``NotConfigured``."""
    known: dict[tuple[Path, int], FaceLandmarker] = _loaded.__dict__.setdefault("known", {})
    version = (file, file.stat().st_mtime_ns if file.is_file() else 0)
    if version not in known:
        known[version] = FaceLandmarker(file)
    return known[version]


class _Network:
    """A TFLite model with one picture in and two outputs of the ``sizes`` that are expected, in their order."""

    def __init__(self, content: bytes, sizes: tuple[int, int]) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        [given] = self._interpreter.get_input_details()
        if given["shape"][0] != 1 or given["shape"][1] != given["shape"][2] or given["shape"][3] != 3:
            raise ValueError(f"a network's input is {given['shape'].tolist()}")
        self._input: int = given["index"]
        self.side = int(given["shape"][1])
        outputs = self._interpreter.get_output_details()[:2]
        if tuple(int(np.prod(one["shape"])) for one in outputs) != sizes:
            raise ValueError(f"a network's outputs are {[one['shape'].tolist() for one in outputs]}")
        self._outputs: list[int] = [one["index"] for one in outputs]
        self._mean, self._deviation = _normalisation(content)

    def run(self, pixels: Bgr) -> list[NDArray[np.float32]]:
        """Both outputs, flat."""
        values = (pixels[None, :, :, ::-1].astype(np.float32) - self._mean) / self._deviation
        self._interpreter.set_tensor(self._input, values.astype(np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index).reshape(-1) for index in self._outputs]


def _anchors() -> Plane:
    """Centres (x, y) of the detector's anchors, as shares of its picture."""
    return np.array(
        [
            ((column + 0.5) / cells, (row + 0.5) / cells)
            for cells, each in _ANCHOR_GRIDS
            for row in range(cells)
            for column in range(cells)
            for _ in range(each)
        ]
    )


def _suppressed(boxes: Plane, scores: Plane) -> list[Plane]:
    """One box for each face: the mean, weighted by score, of those that overlap the surest one left."""
    left = np.argsort(-scores, kind="stable")
    made = []
    while len(left):
        same = _overlap(boxes[left[0]], boxes[left]) > _SAME_FACE
        same[0] = True
        made.append(np.average(boxes[left[same]], axis=0, weights=scores[left[same]]))
        left = left[~same]
    return made


def _overlap(one: Plane, others: Plane) -> Plane:
    low = np.maximum(one[:2] - one[2:4] / 2, others[:, :2] - others[:, 2:4] / 2)
    high = np.minimum(one[:2] + one[2:4] / 2, others[:, :2] + others[:, 2:4] / 2)
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    whole = one[2] * one[3] + others[:, 2] * others[:, 3] - shared
    return np.asarray(shared / np.maximum(whole, 1e-12))


def _region(box: Plane, whole: Plane) -> Plane:
    """The square-ish region around a detection, turned so that its eyes are level."""
    centre, left, right = (whole @ [*box[at : at + 2], 1.0] for at in (0, 4, 6))
    angle = math.atan2(right[1] - left[1], right[0] - left[0])
    across = _ROOM * box[2] * whole[0, 0] * np.array([math.cos(angle), math.sin(angle)])
    down = _ROOM * box[3] * whole[1, 1] * np.array([-math.sin(angle), math.cos(angle)])
    return np.column_stack([across, down, centre - across / 2 - down / 2])


def _sampled(image: Bgr, region: Plane, side: int, border: int) -> Bgr:
    matrix = region * [1 / side, 1 / side, 1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=border), np.uint8)


def _projected(points: NDArray[np.float32], region: Plane, side: int) -> Plane:
    shares = points.astype(np.float64) / side
    flat = shares[:, :2] @ region[:, :2].T + region[:, 2]
    return np.column_stack([flat, shares[:, 2] * math.hypot(region[0, 0], region[1, 0])])


def _sigmoid(logits: NDArray[np.float32]) -> Plane:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100))))


def _normalisation(content: bytes) -> tuple[float, float]:
    """Mean and deviation that a model's own metadata says its pixels are normalised with.

    The metadata is a FlatBuffer of its own in a buffer of the model. Fields are told by their number in its published
    schema: of ModelMetadata 3 are the subgraphs, of those 2 the inputs, of those 4 the process units, of those 1 the
    options, and of NormalizationOptions (kind 1) 0 the means and 1 the deviations.
    """
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers.table import Table

    model = schema.Model.GetRootAs(content, 0)
    for index in range(model.MetadataLength()):
        about = model.Metadata(index)
        if about.Name() == b"TFLITE_METADATA":
            data = model.Buffers(about.Buffer()).DataAsNumpy().tobytes()
            root = Table(data, int.from_bytes(data[:4], "little"))
            units = _children(_children(_children(root, 3)[0], 2)[0], 4)
            for unit in units:
                if unit.Bytes[unit.Pos + unit.Offset(4)] == 1:
                    options = _child(unit, 1)
                    return _first(options, 0), _first(options, 1)
    raise ValueError("a network does not say how its pixels are normalised")


def _slot(table: Any, field: int) -> int:
    offset = int(table.Offset(4 + 2 * field))
    if not offset:
        raise ValueError(f"metadata without field {field}")
    return offset


def _child(table: Any, field: int) -> Any:
    return type(table)(table.Bytes, table.Indirect(table.Pos + _slot(table, field)))


def _children(table: Any, field: int) -> list[Any]:
    offset = _slot(table, field)
    start = table.Vector(offset)
    return [type(table)(table.Bytes, table.Indirect(start + 4 * at)) for at in range(table.VectorLen(offset))]


def _first(table: Any, field: int) -> float:
    at = table.Vector(_slot(table, field))
    return float(np.frombuffer(table.Bytes, "<f4", count=1, offset=at)[0])
