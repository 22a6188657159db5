#!/usr/bin/env python3
"""Write a trained network as OpenVINO IR with its manifest: what set-up installs.

    export.py CHECKPOINT [--output DIR]      DIR: model/ beside this script

The collapsible convolutions become plain ones. Prints the checksum that ModelCatalogue.swift quotes.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import openvino
import torch
from openvino import opset13 as op

import network

NAME = "upscale2x"
TILE = 64


def graph(model):
    """The network in OpenVINO's operators, NCHW, with an input that can be reshaped."""
    side = TILE + 2 * network.MARGIN
    luma = op.parameter([1, 1, side, side], np.float32, name="luma")
    value = op.subtract(luma, op.constant(np.float32(0.5)))

    def convolved(value, convolution):
        weights = convolution.weight().detach().numpy().astype(np.float32)
        bias = convolution.bias.detach().numpy().astype(np.float32).reshape(1, -1, 1, 1)
        product = op.convolution(value, op.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])
        return op.add(product, op.constant(bias))

    for convolution, slope in zip(model.hidden, model.slopes):
        slopes = slope.detach().numpy().astype(np.float32)
        value = op.prelu(convolved(value, convolution), op.constant(slopes))
    detail = convolved(value, model.last)
    luma.output(0).tensor.set_names({"luma"})
    detail.output(0).tensor.set_names({"detail"})
    return openvino.Model([detail], [luma], NAME)


def manifest(folder, steps):
    def described(file):
        data = (folder / file).read_bytes()
        return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    files = {f"{NAME}.xml": described(f"{NAME}.xml"), f"{NAME}.bin": described(f"{NAME}.bin")}
    side = TILE + 2 * network.MARGIN
    return {
        "name": NAME,
        "title": "Aegis luma enlargement by two",
        "task": "super_resolution",
        "licence": "MIT",
        "source": {"file": f"{NAME}.bin", "sha256": files[f"{NAME}.bin"]["sha256"]},
        "converter": {"script": "Training/upscaling/export.py", "version": 1, "openvino": openvino.get_version()},
        "files": files,
        "inputs": [{
            "name": "luma", "element_type": "f32", "shape": [1, 1, side, side], "layout": "NCHW", "color": "Y",
            "range": [0.0, 1.0], "normalisation": {"mean": [0.0], "scale": [255.0]},
        }],
        "outputs": [{
            "name": "detail", "element_type": "f32", "shape": [1, 4, TILE, TILE], "layout": "NCHW",
            "meaning": "what is added to Lanczos-3 at the four places that a sample becomes",
        }],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent / "model")
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, map_location="cpu")
    model = network.Upscaler()
    model.load_state_dict(saved["weights"])
    model.eval()
    converted = graph(model)
    options.output.mkdir(parents=True, exist_ok=True)
    openvino.save_model(converted, options.output / f"{NAME}.xml", compress_to_fp16=False)

    side = TILE + 2 * network.MARGIN
    luma = torch.rand(1, 1, side, side, generator=torch.Generator().manual_seed(1))
    compiled = openvino.Core().compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    difference = np.abs(compiled(luma.numpy())[0] - model(luma).detach().numpy()).max()
    if difference > 1e-4:
        raise SystemExit(f"the exported network differs by {difference}")
    text = json.dumps(manifest(options.output, saved["steps"]), indent=2)
    (options.output / f"{NAME}.json").write_text(text + "\n", encoding="utf-8")
    checksum = hashlib.sha256((options.output / f"{NAME}.bin").read_bytes()).hexdigest()
    print(f"{saved['steps']} steps, greatest difference to the training form {difference:.1e}")
    print(f"SHA-256 for Sources/Stages/Models/ModelCatalogue.swift: {checksum}")


if __name__ == "__main__":
    main()
