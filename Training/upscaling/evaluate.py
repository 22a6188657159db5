#!/usr/bin/env python3
"""Compare a trained network with bicubic and Lanczos on pictures and film frames that it has not seen.

    evaluate.py CHECKPOINT FILE...     pictures, or films of which three frames are taken

Each luma picture is made small (Pillow's antialiased bicubic, rounded to 8 bits) and enlarged again. Prints Markdown.
This is the network on top of Lanczos alone; the stage adds its limit against ringing and its back-projection, and
`aegis-bench quality` measures all of it.
"""

import argparse
import io
import subprocess
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import network

BORDER = 8
FILMS = {".mp4", ".mkv", ".mov", ".webm"}


def luma_frames(path):
    """The luma pictures of a file, with sides that are multiples of 2."""
    if path.suffix in FILMS:
        for second in (0.5, 1.5, 2.5):
            data = subprocess.run(
                ["ffmpeg", "-v", "error", "-ss", str(second), "-i", path, "-frames:v", "1", "-vf", "extractplanes=y",
                 "-f", "image2pipe", "-c:v", "png", "-"], check=True, capture_output=True).stdout
            yield f"{path.name} at {second} s", Image.open(io.BytesIO(data)).convert("L")
    else:
        yield path.name, Image.open(path).convert("RGB").convert("L")


def psnr(a, b):
    error = np.square(a[BORDER:-BORDER, BORDER:-BORDER] - b[BORDER:-BORDER, BORDER:-BORDER]).mean()
    return 10 * np.log10(255**2 / max(error, 1e-9))


def ssim(a, b):
    """The mean over 8x8 windows at every fourth place (Z. Wang et al., 2004)."""

    def means(values):
        sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        return ((sums[8:, 8:] - sums[:-8, 8:] - sums[8:, :-8] + sums[:-8, :-8]) / 64)[::4, ::4]

    a, b = a[BORDER:-BORDER, BORDER:-BORDER], b[BORDER:-BORDER, BORDER:-BORDER]
    mean_a, mean_b = means(a), means(b)
    variance_a, variance_b = means(a * a) - mean_a**2, means(b * b) - mean_b**2
    covariance = means(a * b) - mean_a * mean_b
    c1, c2 = 6.5025, 58.5225
    similarity = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return (similarity / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))).mean()


@torch.no_grad()
def enlarged(model, low):
    def padded(margin):
        return torch.from_numpy(np.pad(low / np.float32(255), margin, mode="edge"))[None, None]

    parts = network.lanczos(padded(3)) + model(padded(network.MARGIN))
    return torch.nn.functional.pixel_shuffle(parts, 2)[0, 0].numpy() * 255


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    model = network.Upscaler()
    model.load_state_dict(torch.load(options.checkpoint, map_location="cpu")["weights"])
    model.eval()
    print("| picture | bicubic | Lanczos | network | gain over Lanczos |")
    print("|---|---|---|---|---|")
    gains = []
    for path in options.files:
        for name, picture in luma_frames(path):
            picture = picture.crop((0, 0, picture.width & ~1, picture.height & ~1))
            half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)
            truth = np.asarray(picture, dtype=np.float64)
            results = [
                np.asarray(half.resize(picture.size, filter_), dtype=np.float64)
                for filter_ in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
            ]
            low = np.asarray(half, dtype=np.float32)
            results.append(np.clip(np.rint(enlarged(model, low)), 0, 255).astype(np.float64))
            figures = [(psnr(result, truth), ssim(result, truth)) for result in results]
            gains.append(figures[2][0] - figures[1][0])
            cells = " | ".join(f"{decibel:.2f} dB / {similarity:.4f}" for decibel, similarity in figures)
            print(f"| {name} | {cells} | {gains[-1]:+.2f} dB |")
    print(f"\nMean gain over Lanczos: {np.mean(gains):+.2f} dB, least {min(gains):+.2f} dB.")


if __name__ == "__main__":
    main()
