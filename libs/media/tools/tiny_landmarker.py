"""Write a Face Landmarker that sees dots: ``python libs/media/tools/tiny_landmarker.py FILE``.

The bundle has the two networks of a ``face_landmarker.task`` with their inputs, outputs and metadata. Its face is a
red, a green and a blue dot, which are the viewer's left eye, the right eye and the middle of the mouth: both networks
answer with the centres of gravity of the three colours, and grey is no colour. For tests, which bring no real model.
Needs the package extra ``landmarks``.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

Values = NDArray[np.float32]

BOX = 0.5
"""Side of the face's box, as a share of the longer side of the picture."""
OPINIONS = {300: 0.1, 301: -0.05, 700: 0.2}
"""Anchors that see the face, the more surely the more red there is, and by how much larger each takes the box to be."""
LIPS = (40.0, 16.0)
"""Width and height of the mouth in pixels of the 256 x 256 that the second network sees, at the outer edge."""
GAP = 6.0
"""How far the lips are apart there."""
TURN = 12.0
"""How much deeper the viewer's left edge of the face is than its right one, of a width of 96."""

OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
_DETECTOR, _MESH = 128, 256


def write(path: Path) -> Path:
    """Write the bundle to ``path``."""
    with zipfile.ZipFile(path, "w") as bundle:  # stored, as the real one: it is mapped into memory
        bundle.writestr("face_detector.tflite", _detector())
        bundle.writestr("face_landmarks_detector.tflite", _mesh())
    return path


def _detector() -> bytes:
    network = _Network(_DETECTOR, mean=127.5, deviation=127.5)
    centres, redness = network.centres(4)
    middle = np.array([[1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]], np.float32) / 3
    eyes = np.eye(4, 6, dtype=np.float32)
    others = np.tile(middle, (4, 1))
    weights, offsets = [], []
    for number, (x, y) in enumerate(_anchors()):
        weights.append(np.concatenate([middle, np.zeros((2, 6)), eyes, others]))
        here = np.tile([x * _DETECTOR, y * _DETECTOR], 8)
        box = BOX * _DETECTOR * (1 + OPINIONS.get(number, 0))
        offsets.append(np.where(np.isin(np.arange(16), (2, 3)), box, -here))
    boxes = network.dense(centres, np.concatenate(weights), np.concatenate(offsets))
    score = np.zeros((896, 1), np.float32)
    score[list(OPINIONS), 0] = [8000.0, 9600.0, 12000.0]
    scores = network.dense(redness, score, np.where(score[:, 0] > 0, [-1.0], [-90.0]))
    return network.bytes_of(network.reshape(boxes, (1, 896, 16)), network.reshape(scores, (1, 896, 1)))


def _anchors() -> list[tuple[float, float]]:
    return [
        ((column + 0.5) / side, (row + 0.5) / side)
        for side, each in ((16, 2), (8, 6))
        for row in range(side)
        for column in range(side)
        for _ in range(each)
    ]


def _mesh() -> bytes:
    network = _Network(_MESH, mean=0.0, deviation=255.0)
    centres, redness = network.centres(4)
    weights = np.zeros((478, 3, 6), np.float32)
    weights[:, 0, 0::2] = weights[:, 1, 1::2] = 1 / 3
    offsets = np.zeros((478, 3), np.float32)
    for colour, numbers in enumerate(
        ((33, 133, *range(468, 473)), (263, 362, *range(473, 478)), (13, 14, *OUTER_LIPS))
    ):
        weights[list(numbers)] = 0
        weights[list(numbers), 0, 2 * colour] = weights[list(numbers), 1, 2 * colour + 1] = 1
    for at, number in enumerate(OUTER_LIPS):  # the lower lip from left to right, then the upper one
        across = at / 10 if at <= 10 else (at - 10) / 10
        down = np.sin(across * np.pi) * (1 if at <= 10 else -1)
        offsets[number, :2] = (LIPS[0] * (across - 0.5), LIPS[1] / 2 * down)
    offsets[13, 1], offsets[14, 1] = -GAP / 2, GAP / 2
    offsets[234], offsets[454] = (-48, 0, TURN / 2), (48, 0, -TURN / 2)
    points = network.dense(centres, weights.reshape(1434, 6), offsets.reshape(1434))
    presence = network.dense(redness, np.array([[8000.0]]), np.array([-1.0]))
    return network.bytes_of(network.reshape(points, (1, 1, 1, 1434)), network.reshape(presence, (1, 1, 1, 1)))


class _Network:
    """A TFLite model put together operator by operator; tensors are numbers."""

    def __init__(self, side: int, *, mean: float, deviation: float) -> None:
        self.side, self.mean, self.deviation = side, mean, deviation
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model = schema.ModelT()
        self.model.version, self.model.subgraphs, self.model.operatorCodes = 3, [self.graph], []
        self.model.buffers = [schema.BufferT()]
        self.image = self.tensor((1, side, side, 3))

    def tensor(self, shape: tuple[int, ...], values: NDArray[Any] | None = None) -> int:
        """A tensor of floats, or of whole numbers where ``values`` are."""
        made = schema.TensorT()
        made.shape, made.name = list(shape), f"tensor{len(self.graph.tensors)}"
        made.type = schema.TensorType.FLOAT32
        if values is not None:
            whole = values.dtype == np.int32
            made.type = schema.TensorType.INT32 if whole else schema.TensorType.FLOAT32
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.astype("<i4" if whole else "<f4").tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def add(self, operator: int, inputs: list[int], shape: tuple[int, ...], kind: int = 0, options: Any = None) -> int:
        """The tensor that ``operator`` makes."""
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = operator
        code.version = 1
        self.model.operatorCodes.append(code)
        made = schema.OperatorT()
        made.opcodeIndex = len(self.model.operatorCodes) - 1
        out = self.tensor(shape)
        made.inputs, made.outputs = inputs, [out]
        made.builtinOptionsType, made.builtinOptions = kind, options
        self.graph.operators.append(made)
        return out

    def reshape(self, tensor: int, shape: tuple[int, ...]) -> int:
        """The same values in another shape."""
        wanted = self.tensor((len(shape),), np.array(shape, np.int32))
        return self.add(schema.BuiltinOperator.RESHAPE, [tensor, wanted], shape)

    def dense(self, tensor: int, weights: NDArray[Any], bias: NDArray[Any]) -> int:
        """``weights @ tensor + bias``."""
        inputs = [tensor, self.tensor(weights.shape, weights.astype(np.float32))]
        inputs.append(self.tensor(bias.shape, bias.astype(np.float32)))
        options = schema.FullyConnectedOptionsT()
        kind = schema.BuiltinOptions.FullyConnectedOptions
        return self.add(schema.BuiltinOperator.FULLY_CONNECTED, inputs, (1, len(weights)), kind, options)

    def centres(self, block: int) -> tuple[int, int]:
        """Centres of gravity of red, green and blue in pixels (x, y, x, y, x, y), and the mean of red, 0 to 1."""
        many = self.side // block
        filters = np.where(np.eye(3) > 0, 1.0, -0.45)
        convolution = schema.Conv2DOptionsT()
        convolution.strideW = convolution.strideH = 1
        convolution.padding = schema.Padding.VALID
        convolution.fusedActivationFunction = schema.ActivationFunctionType.RELU
        scale = self.deviation / 255  # what comes in is (value - mean) / deviation; weights are for 0 to 1
        bias = filters.sum(axis=1) * self.mean / 255 - 0.2
        inputs = [self.image, self.tensor((3, 1, 1, 3), (filters * scale).astype(np.float32))]
        inputs.append(self.tensor((3,), bias.astype(np.float32)))
        kind = schema.BuiltinOptions.Conv2DOptions
        shape = (1, self.side, self.side, 3)
        coloured = self.add(schema.BuiltinOperator.CONV_2D, inputs, shape, kind, convolution)
        options = schema.Pool2DOptionsT()
        options.filterWidth = options.filterHeight = options.strideW = options.strideH = block
        options.padding = schema.Padding.VALID
        shape = (1, many, many, 3)
        kind = schema.BuiltinOptions.Pool2DOptions
        pooled = self.add(schema.BuiltinOperator.AVERAGE_POOL_2D, [coloured], shape, kind, options)
        flat = self.reshape(pooled, (1, many * many * 3))
        rows, columns, colours = np.mgrid[0:many, 0:many, 0:3].reshape(3, -1)
        at = (columns * block + (block - 1) / 2, rows * block + (block - 1) / 2)
        weights = np.stack([(colours == index // 2) * at[index % 2] for index in range(6)]) / many**2
        masses = np.stack([(colours == index // 2) * 1.0 for index in range(6)]) / many**2
        above = self.dense(flat, weights, np.zeros(6))
        below = self.dense(flat, masses, np.full(6, 1e-9))
        kind, division = schema.BuiltinOptions.DivOptions, schema.DivOptionsT()
        ratio = self.add(schema.BuiltinOperator.DIV, [above, below], (1, 6), kind, division)
        return ratio, self.dense(below, np.eye(1, 6), np.zeros(1))

    def bytes_of(self, *outputs: int) -> bytes:
        """The file."""
        self.graph.inputs, self.graph.outputs = [self.image], list(outputs)
        about, buffer = schema.MetadataT(), schema.BufferT()
        buffer.data = np.frombuffer(_metadata(self.mean, self.deviation), np.uint8)
        self.model.buffers.append(buffer)
        about.name, about.buffer = "TFLITE_METADATA", len(self.model.buffers) - 1
        self.model.metadata = [about]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _metadata(mean: float, deviation: float) -> bytes:
    """How pixels are normalised, in the schema of TFLite Metadata: a model's only subgraph's only input."""
    builder = flatbuffers.Builder(256)

    def table(fields: dict[int, Any], size: int) -> int:
        builder.StartObject(size)
        for slot, value in fields.items():
            if isinstance(value, bytes):
                builder.PrependUint8Slot(slot, value[0], 0)
            else:
                builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        return int(builder.EndObject())

    def vector(offsets: list[int]) -> int:
        builder.StartVector(4, len(offsets), 4)
        for offset in offsets:
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    def floats(value: float) -> int:
        builder.StartVector(4, 1, 4)
        builder.PrependFloat32(value)
        return int(builder.EndVector())

    normalised = table({0: floats(mean), 1: floats(deviation)}, 2)
    unit = table({0: b"\x01", 1: normalised}, 2)
    tensor = table({4: vector([unit])}, 7)
    subgraph = table({2: vector([tensor])}, 5)
    builder.Finish(table({3: vector([subgraph])}, 8), b"M001")
    return bytes(builder.Output())


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
