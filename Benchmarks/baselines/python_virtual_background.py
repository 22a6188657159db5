#!/usr/bin/env python3
"""The baseline: background blur as it is scripted in Python today.

OpenCV decodes, MediaPipe's selfie segmentation (the landscape model) finds the person, OpenCV and numpy blur and
blend, and raw frames go through a pipe to the ffmpeg program, which encodes with libx264. This is what Aegis is
measured against, so it is written as a competent user would: vectorised, no needless copy, no needless conversion.

    python_virtual_background.py INPUT OUTPUT [--preset P] [--crf C] [--json]

Prints the frame rate of the whole run and the time per frame of the stage alone: conversion to RGB, inference and
composite, without decoding and encoding.
"""

import argparse
import json
import os
import subprocess
import sys
import time

# Libraries read these when they are loaded.
os.environ.setdefault("GLOG_minloglevel", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import mediapipe
import numpy as np


def blurred_background(frame, alpha):
    """`frame` with everything but the person blurred; `alpha` is 1 on the person."""
    # A blur this wide looks the same at half the size, at a quarter of the cost.
    height, width = frame.shape[:2]
    half = cv2.resize(frame, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    background = cv2.resize(cv2.GaussianBlur(half, (0, 0), 8), (width, height), interpolation=cv2.INTER_LINEAR)
    # blendLinear works in one pass over both pictures, in C++, with the mask as weights.
    return cv2.blendLinear(frame, background, alpha, 1 - alpha)


def encoder(output, width, height, rate, preset, crf):
    """ffmpeg, waiting for raw BGR frames."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    command += ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", rate, "-i", "pipe:0"]
    command += ["-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-pix_fmt", "yuv420p", output]
    return subprocess.Popen(command, stdin=subprocess.PIPE)


def process(arguments):
    capture = cv2.VideoCapture(arguments.input)
    if not capture.isOpened():
        print(f"{arguments.input}: cannot be opened as a video", file=sys.stderr)
        return 66
    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    rate = repr(capture.get(cv2.CAP_PROP_FPS))
    segmentation = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=1)
    # The graph is built at the first frame; a long video does not notice, a short measurement would.
    segmentation.process(np.zeros((height, width, 3), np.uint8))

    stage_times = []
    start = time.perf_counter()
    with segmentation, encoder(arguments.output, width, height, rate, arguments.preset, arguments.crf) as sink:
        while True:
            available, frame = capture.read()
            if not available:
                break
            stage_start = time.perf_counter()
            rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            rgb.flags.writeable = False  # lets MediaPipe pass the picture by reference
            alpha = segmentation.process(rgb).segmentation_mask
            frame = blurred_background(frame, alpha)
            stage_times.append(time.perf_counter() - stage_start)
            sink.stdin.write(frame.data)
        sink.stdin.close()
        status = sink.wait()
        seconds = time.perf_counter() - start
    capture.release()
    if status != 0:
        print(f"{arguments.output}: ffmpeg failed with status {status}", file=sys.stderr)
        return 73
    if not stage_times:
        print(f"{arguments.input}: holds no video frames", file=sys.stderr)
        return 65

    p50, p99 = (round(float(value) * 1000, 3) for value in np.percentile(stage_times, [50, 99]))
    figures = {
        "frames": len(stage_times),
        "seconds": round(seconds, 3),
        "fps": round(len(stage_times) / seconds, 2),
        "stage_ms_p50": p50,
        "stage_ms_p99": p99,
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"{figures['frames']} frames in {figures['seconds']} s: {figures['fps']} frames/s, stage {p50} ms")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Background blur with OpenCV, MediaPipe and the ffmpeg program.")
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--preset", default="veryfast", help="of libx264")
    parser.add_argument("--crf", type=int, default=23)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    return process(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
