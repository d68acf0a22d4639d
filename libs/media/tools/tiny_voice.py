"""Write a Piper voice of a few kilobytes that sings: ``python libs/media/tools/tiny_voice.py FOLDER``.

It has the inputs, outputs and description of a real voice; every symbol is a tone of its own and lasts its own number
of frames, so that what is heard tells what was said and when. To try the settings with, and for tests. Needs the
package extra ``piper``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE, HOP = 22_050, 256
SILENT = "_^$ .,;:!?ˈˌː"
SYMBOLS = SILENT + "abcdefhijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɡɢɣɤɥɦɨɪɫɬɭɯɰɱɲɳɵɸɹɻɽɾʀʁʂʃʈʉʊʋʌʎʏʐʑʒʔʝβθχᵻʰʲ̩̃12345"
IDS = {symbol: number for number, symbol in enumerate(SYMBOLS)}


def tone(symbol: str) -> float:
    """The frequency in Hz of a symbol; 0 for one that is silent."""
    return 0.0 if symbol in SILENT else 200.0 + 20.0 * IDS[symbol]


def frames(symbol: str) -> float:
    """How long a symbol lasts, in frames, before it is rounded up."""
    if symbol in "_^$ˈˌː":
        return 0.4
    return 9.6 if symbol in ".,;:!?" else 3.2 if symbol == " " else 5.3 + IDS[symbol] % 4


def write(
    folder: Path, name: str, *, espeak_voice: str = "en-us", tells_frames: bool = True, speakers: int = 1
) -> Path:
    """Write ``name.onnx`` and its description into ``folder``.

    ``tells_frames``: with the ``Ceil`` that real voices have. Of several ``speakers``, each is 1000 Hz above the last.
    """
    described = {
        "audio": {"sample_rate": RATE, "quality": "tiny"},
        "espeak": {"voice": espeak_voice},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {symbol: [number] for symbol, number in IDS.items()},
        "num_symbols": len(IDS),
        "num_speakers": speakers,
        "speaker_id_map": {f"speaker {number}": number for number in range(speakers)} if speakers > 1 else {},
        "hop_length": HOP,
    }
    path = folder / f"{name}.onnx"
    path.with_name(f"{path.name}.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    onnx.save(_model(tells_frames, speakers), str(path))
    return path


def _model(tells_frames: bool, speakers: int) -> onnx.ModelProto:
    constants = {
        "frames": np.array([frames(symbol) for symbol in SYMBOLS], np.float32),
        "tones": np.array([tone(symbol) for symbol in SYMBOLS], np.float32),
        "one": np.array(1, np.int64),
        "zero": np.array(0, np.int64),
        "last": np.array([-1], np.int64),
        "column": np.array([-1, 1], np.int64),
        "shape": np.array([1, 1, -1], np.int64),
        "hop": np.array(HOP, np.float32),
        "start": np.array(0, np.float32),
        "step": np.array(1, np.float32),
        "turn": np.array(2 * np.pi / RATE, np.float32),
        "loud": np.array(0.5, np.float32),
        "almost": np.array(0.9999, np.float32),
        "hiss": np.array(0.002, np.float32),
        "apart": np.array(1000, np.float32),
    }
    node = helper.make_node
    up = (
        [node("Ceil", ["wanted"], ["lasting"])]
        if tells_frames
        else [node("Add", ["wanted", "almost"], ["more"]), node("Floor", ["more"], ["lasting"])]
    )
    raised = (
        [
            node("Cast", ["sid"], ["speaker"], to=TensorProto.FLOAT),
            node("Mul", ["speaker", "apart"], ["above"]),
            node("Sign", ["plain"], ["sounding"]),
            node("Mul", ["above", "sounding"], ["raise"]),
            node("Add", ["plain", "raise"], ["pitches"]),
        ]
        if speakers > 1
        else [node("Identity", ["plain"], ["pitches"])]
    )
    nodes = [
        node("Gather", ["frames", "input"], ["usual"]),
        node("Gather", ["scales", "one"], ["length"]),
        node("Mul", ["usual", "length"], ["wanted"]),
        *up,
        node("Reshape", ["lasting", "last"], ["counts"]),
        node("CumSum", ["counts", "zero"], ["ends"]),
        node("ReduceSum", ["counts"], ["all"], keepdims=0),
        node("Mul", ["all", "hop"], ["length_of_sound"]),
        node("Range", ["start", "length_of_sound", "step"], ["time"]),
        node("Div", ["time", "hop"], ["frame"]),
        node("Reshape", ["frame", "column"], ["frame_column"]),
        node("GreaterOrEqual", ["frame_column", "ends"], ["past"]),
        node("Cast", ["past"], ["passed"], to=TensorProto.INT64),
        node("ReduceSum", ["passed", "one_axis"], ["place"], keepdims=0),
        node("Reshape", ["input", "last"], ["symbols"]),
        node("Gather", ["tones", "symbols"], ["plain"]),
        *raised,
        node("Gather", ["pitches", "place"], ["pitch"]),
        node("Mul", ["pitch", "time"], ["turned"]),
        node("Mul", ["turned", "turn"], ["phase"]),
        node("Sin", ["phase"], ["wave"]),
        node("Mul", ["wave", "loud"], ["clean"]),
        node("RandomNormalLike", ["clean"], ["noise"]),
        node("Gather", ["scales", "zero"], ["noise_scale"]),
        node("Mul", ["noise_scale", "hiss"], ["noise_level"]),
        node("Mul", ["noise", "noise_level"], ["breath"]),
        node("Add", ["clean", "breath"], ["sound"]),
        node("Reshape", ["sound", "shape"], ["output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch_size", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch_size"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, ["batch_size"]))
    graph = helper.make_graph(
        nodes,
        "tiny_voice",
        inputs,
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch_size", 1, "time"])],
        [
            numpy_helper.from_array(value, name)
            for name, value in {**constants, "one_axis": np.array([1], np.int64)}.items()
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    print(write(Path(sys.argv[1]), "en_US-tiny-low"))
