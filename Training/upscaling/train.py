#!/usr/bin/env python3
"""Train the network of the stage `upscaling`.

    train.py [--device cpu|cuda] [--minutes 30] [--seed 1] [--cache DIR] [--output CHECKPOINT] [--resume]

On a graphics processor ten minutes are plenty (bfloat16, large batches); on two processor cores an hour gives a usable
network. The learning rate follows the share of the time that has passed, so that every run ends annealed. The same
seed gives the same pictures and crops; the number of steps depends on the machine's speed unless --steps is given.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch

import network
import pictures

HERE = Path(__file__).resolve().parent
PATCH = 32  # samples of low resolution
#: How often each variant is taken. `clean` made the committed weights; `compressed` is for the next ones.
MIXES = {
    "clean": {"bicubic": 0.46, "area": 0.14, "soft": 0.14, "jpeg": 0.08, "h264_light": 0.10, "h264_strong": 0.08},
    "compressed": {"bicubic": 0.34, "area": 0.08, "soft": 0.10, "jpeg": 0.10, "h264_light": 0.16, "h264_strong": 0.22},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--steps", type=int, help="end after so many steps instead, the same on every machine")
    parser.add_argument("--stop", type=int, help="end after so many steps although the rate is that of --steps")
    parser.add_argument("--mix", choices=sorted(MIXES), default="compressed", help="shares of the degradations")
    parser.add_argument("--threads", type=int, default=1, help="processor threads; small batches gain little from more")
    parser.add_argument("--batch", type=int, help="patches a step (16; 256 with cuda)")
    parser.add_argument("--rate", type=float, default=2e-3, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/aegis-upscaling")
    parser.add_argument("--output", type=Path, default=Path("upscale2x.pt"))
    parser.add_argument("--resume", action="store_true", help="begin with the weights in --output")
    return parser.parse_args()


class Crops:
    """Random patches of the pictures with their truth, turned and mirrored."""

    def __init__(self, data, seed, shares):
        self.data = data
        self.random = np.random.default_rng(seed)
        # Crops are as likely anywhere, so large pictures give more of them; none gives more than twice the mean.
        areas = np.array([high.size for high, _ in data], dtype=np.float64)
        areas = np.minimum(areas, 2 * areas.mean())
        self.shares = areas / areas.sum()
        self.variants = np.array([shares[name] for name in pictures.VARIANTS])

    def batch(self, count):
        side = PATCH + 2 * network.MARGIN
        low = np.empty((count, side, side), dtype=np.float32)
        high = np.empty((count, 2 * PATCH, 2 * PATCH), dtype=np.float32)
        for index in range(count):
            truth, variants = self.data[self.random.choice(len(self.data), p=self.shares)]
            source = variants[self.random.choice(len(variants), p=self.variants)]
            # The flatter of two crops teaches less.
            best = (-1.0, 0, 0)
            for _ in range(2):
                y = int(self.random.integers(source.shape[0] - side + 1))
                x = int(self.random.integers(source.shape[1] - side + 1))
                best = max(best, (float(source[y : y + side : 2, x : x + side : 2].std()), y, x))
            _, y, x = best
            a = source[y : y + side, x : x + side]
            top, left = 2 * (y + network.MARGIN), 2 * (x + network.MARGIN)
            b = truth[top : top + 2 * PATCH, left : left + 2 * PATCH]
            turns, mirrored = self.random.integers(4), self.random.integers(2)
            a, b = np.rot90(a, turns), np.rot90(b, turns)
            if mirrored:
                a, b = a[:, ::-1], b[:, ::-1]
            low[index], high[index] = a, b
            if self.random.random() < 0.12:
                sigma = self.random.uniform(0.3, 2.0)
                low[index] = np.clip(np.rint(low[index] + self.random.normal(0, sigma, a.shape)), 0, 255)
        # Limited range and faded pictures: the whole is squeezed by up to a quarter.
        gain = self.random.uniform(0.75, 1.0, (count, 1, 1)).astype(np.float32)
        offset = (self.random.uniform(0, 1, (count, 1, 1)) * (1 - gain)).astype(np.float32)
        return tuple(torch.from_numpy((plane / 255 * gain + offset)[:, None]) for plane in (low, high))


def residual_truth(low, high):
    """What the network has to say: the truth less its Lanczos estimate."""
    cut = network.MARGIN - 3
    base = network.lanczos(low[:, :, cut:-cut, cut:-cut] if cut else low)
    return torch.nn.functional.pixel_unshuffle(high, 2) - base


@torch.no_grad()
def gain_over_lanczos(model, data, device, variant):
    """The gain in dB on the middles of low-resolution pictures of one variant."""
    gains = []
    for truth, variants in data:
        source = variants[pictures.VARIANTS.index(variant)]
        side = 160 + 2 * network.MARGIN
        if min(source.shape) < side:
            continue
        y, x = (source.shape[0] - side) // 2, (source.shape[1] - side) // 2
        low = torch.from_numpy(source[y : y + side, x : x + side].astype(np.float32) / 255)[None, None].to(device)
        top, left = 2 * (y + network.MARGIN), 2 * (x + network.MARGIN)
        high = torch.from_numpy(truth[top : top + 320, left : left + 320].astype(np.float32) / 255)[None, None]
        wanted = residual_truth(low, high.to(device))
        error = (model(low).float() - wanted).square().mean().item()
        gains.append(10 * np.log10(max(wanted.square().mean().item(), 1e-7) / max(error, 1e-7)))
    return float(np.mean(gains))


def main():
    options = arguments()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    fast = options.device == "cuda"
    batch = options.batch or (256 if fast else 16)
    data = pictures.prepare(HERE / "pictures.txt", options.cache, options.seed)
    crops = Crops(data, options.seed, MIXES[options.mix])
    model = network.Upscaler().to(device)
    before = 0
    if options.resume:
        saved = torch.load(options.output, map_location=device)
        model.load_state_dict(saved["weights"])
        before = saved["steps"]
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.Adam(model.parameters(), lr=options.rate, betas=(0.9, 0.99))
    start, step, last_report, mean_loss = time.monotonic(), 0, 0.0, None
    progress = 0.0
    while progress < 1 and step != options.stop:
        progress = step / options.steps if options.steps else (time.monotonic() - start) / (60 * options.minutes)
        warm = min(1.0, (step + 1) / 100)
        rate = options.rate * warm * max(0.01, 0.5 * (1 + np.cos(np.pi * min(progress, 1))))
        for group in optimiser.param_groups:
            group["lr"] = rate
        low, high = (tensor.to(device, non_blocking=True) for tensor in crops.batch(batch))
        wanted = residual_truth(low, high)
        with torch.autocast(options.device, dtype=torch.bfloat16, enabled=fast):
            residual = model(low)
        difference = residual.float() - wanted
        # Absolute error learns edges, squared error is what PSNR measures: this is the first for large ones.
        loss = torch.sqrt(difference.square() + 1e-5).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimiser.step()
        step += 1
        decay = min(0.998, step / (step + 20))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), model.parameters()):
                kept.lerp_(new, 1 - decay)
        mean_loss = loss.item() if mean_loss is None else 0.98 * mean_loss + 0.02 * loss.item()
        if time.monotonic() - last_report > 60 or progress >= 1 or step == options.stop:
            last_report = time.monotonic()
            gains = [gain_over_lanczos(average, data, device, variant) for variant in ("bicubic", "h264_strong")]
            saved = {"weights": average.state_dict(), "steps": before + step, "seed": options.seed, "gains": gains}
            torch.save(saved, options.output.with_suffix(".new"))
            options.output.with_suffix(".new").replace(options.output)
            print(f"{progress:6.1%} step {step} loss {mean_loss:.5f} gain on training pictures "
                  f"{gains[0]:+.3f} dB, compressed {gains[1]:+.3f} dB", flush=True)


if __name__ == "__main__":
    main()
