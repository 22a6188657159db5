#!/usr/bin/env python3
"""How far the imported segmentation networks are from MediaPipe's own runtime, on real frames.

    make model-fidelity        (runs this in .setup/benchmark-python)

MediaPipe resizes its input and its mask, which would hide or add differences; an image of exactly the
network's size passes through it untouched. Prints one JSON line per model; fails above the limit.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("GLOG_minloglevel", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import mediapipe
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / ".setup"
# OpenVINO is installed once, in the other environment; appended, so that numpy stays the one MediaPipe needs.
sys.path += [str(path) for path in (SETUP / "python" / "lib").glob("python3.*/site-packages")]

import openvino

LIMIT = 0.02
MODELS = {"selfie": (256, 144, 1), "selfie_square": (256, 256, 0)}


@contextlib.contextmanager
def native_logs_silenced():
    """MediaPipe's C++ side reports its start on standard error, past every log setting."""
    saved = os.dup(2)
    with open(os.devnull, "wb") as sink:
        os.dup2(sink.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def significant(value):
    """Three digits are all that such a figure is worth."""
    return float(f"{float(value):.3g}")


def frames():
    """Real pictures: every frame of the talking head, and the portrait."""
    capture = cv2.VideoCapture(str(SETUP / "media" / "carphone.mp4"))
    while True:
        ok, frame = capture.read()
        if not ok:
            break
        yield frame
    capture.release()
    with native_logs_silenced():  # libpng finds fault with the colour profile
        portrait = cv2.imread(str(SETUP / "media" / "astronaut.png"))
    yield portrait


def main():
    failed = False
    core = openvino.Core()
    for name, (width, height, selection) in MODELS.items():
        compiled = core.compile_model(SETUP / "models" / f"{name}.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        request = compiled.create_infer_request()
        # One graph for all images: the solution keeps no state between them.
        with native_logs_silenced():
            reference = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=selection)
            reference.process(np.zeros((height, width, 3), np.uint8))
        differences, coverage, agreement = [], [], []
        for frame in frames():
            small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
            rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
            expected = reference.process(rgb).segmentation_mask
            image = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255)
            alpha = request.infer({"image": image})[compiled.output("alpha")][0, 0]
            differences.append(np.abs(alpha - expected))
            coverage.append(expected.mean())
            agreement.append(np.mean((alpha > 0.5) == (expected > 0.5)))
        differences = np.stack(differences)
        mean = float(differences.mean())
        print(
            json.dumps(
                {
                    "model": name,
                    "frames": len(differences),
                    "mean_alpha_difference": significant(mean),
                    "worst_frame_mean": significant(differences.mean(axis=(1, 2)).max()),
                    "max_alpha_difference": significant(differences.max()),
                    "mask_agreement": round(float(np.mean(agreement)), 6),
                    "mean_person_coverage": round(float(np.mean(coverage)), 4),
                    "limit": LIMIT,
                }
            )
        )
        failed |= mean > LIMIT
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
