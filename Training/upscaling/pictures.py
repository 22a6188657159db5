"""The training pictures: fetched from free packages, reduced to luma, degraded."""

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

#: The low-resolution variants of a picture. Change PREPARATION with anything that changes them.
VARIANTS = ("bicubic", "area", "soft", "jpeg", "h264_light", "h264_strong")
PREPARATION = 1
#: Pictures come from photographs that are soft at full size: their longer side is reduced to this.
LONGEST_SIDE = 1536


def listed(table):
    """The rows of pictures.txt, each with the version and checksum of its package."""
    packages = {}
    for line in Path(table).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        package, version, checksum, licence, member = (field.strip() for field in line.split("|"))
        if version:
            packages[package] = (version, checksum)
        yield (package, *packages[package], licence, member)


def package_file(package, version, checksum, cache):
    """The package's file in the cache, downloaded when it is missing."""
    cache.mkdir(parents=True, exist_ok=True)

    def find():
        return sorted(cache.glob(f"{package}_*.deb")) + sorted(cache.glob(f"{package}-*.whl"))

    if not find():
        if "_" in package:
            requirement = f"{package.replace('_', '-')}=={version}"
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", ".", requirement]
        else:
            command = ["apt-get", "download", f"{package}={version}"]
        subprocess.run(command, cwd=cache, check=True)
    path = find()[0]
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != checksum:
        raise SystemExit(f"{path}: SHA-256 is {actual}, expected {checksum}")
    return path


def read_member(path, member):
    """One file of a wheel or of a Debian package."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return files.extractfile(f"./{member}").read()


def luma_picture(data):
    """A picture as an 8-bit luma image with sides that are multiples of 4."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").convert("L")
    scale = LONGEST_SIDE / max(picture.size)
    if scale < 1:
        size = tuple(max(4, round(side * scale)) for side in picture.size)
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    width, height = (side // 4 * 4 for side in picture.size)
    return picture.crop((0, 0, width, height))


def through_h264(picture, crf):
    """The picture as a decoder of H.264 shows it: the last of four frames, so inter prediction has its part too."""
    width, height = picture.size
    size = f"{width}x{height}"
    raw = picture.tobytes() * 4
    gray = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", size]
    encoded = subprocess.run(
        ["ffmpeg", "-v", "error", *gray, "-r", "25", "-i", "-", "-pix_fmt", "yuv420p", "-c:v", "libx264",
         "-crf", str(crf), "-threads", "1", "-f", "matroska", "-"],
        input=raw, check=True, capture_output=True).stdout
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "matroska", "-i", "-", *gray, "-"],
        input=encoded, check=True, capture_output=True).stdout
    return Image.frombytes("L", picture.size, decoded[-width * height:])


def degraded(picture, random):
    """All low-resolution variants of a picture, at half its size; Pillow's filters are antialiased when they shrink."""
    half = (picture.width // 2, picture.height // 2)
    bicubic = picture.resize(half, Image.Resampling.BICUBIC)
    blurred = picture.filter(ImageFilter.GaussianBlur(float(random.uniform(0.4, 0.9))))
    jpeg = io.BytesIO()
    bicubic.save(jpeg, "JPEG", quality=int(random.integers(70, 93)))
    return {
        "bicubic": bicubic,
        "area": picture.resize(half, Image.Resampling.BOX),
        "soft": blurred.resize(half, Image.Resampling.BICUBIC),
        "jpeg": Image.open(jpeg).convert("L"),
        "h264_light": through_h264(bicubic, int(random.integers(16, 23))),
        "h264_strong": through_h264(bicubic, int(random.integers(23, 29))),
    }


def prepare(table, cache, seed):
    """All pictures with their variants, as 8-bit arrays; kept in the cache for the next run."""
    described = f"{PREPARATION} {seed} {Path(table).read_text(encoding='utf-8')}"
    key = hashlib.sha256(described.encode()).hexdigest()[:16]
    stored = cache / f"pictures-{key}.npz"
    if not stored.exists():
        random = np.random.default_rng(seed)
        arrays = {}
        for index, (package, version, checksum, _, member) in enumerate(listed(table)):
            path = package_file(package, version, checksum, cache)
            picture = luma_picture(read_member(path, member))
            arrays[f"{index}.high"] = np.asarray(picture)
            for name, variant in degraded(picture, random).items():
                arrays[f"{index}.{name}"] = np.asarray(variant)
            print(f"prepared {member.rsplit('/', 1)[-1]} {picture.size}", flush=True)
        np.savez(stored, **arrays)
    with np.load(stored) as arrays:
        count = sum(name.endswith(".high") for name in arrays)
        return [
            (arrays[f"{index}.high"], [arrays[f"{index}.{name}"] for name in VARIANTS]) for index in range(count)
        ]
