"""Writes the sha256 and size of every wheel in `wheels.json` anew, for x86_64 and aarch64, as the index has them.

Run it after changing a version there: `python3 scripts/setup/pin_wheels.py`, then look at the difference. The
versions of the CUDA wheels are those that the torch wheel's and cuda-toolkit's metadata ask for.
"""

import argparse
import json
from pathlib import Path

from fetch_wheel import pip_session

PINS = Path(__file__).with_name("wheels.json")


def pin(wheel, arch):
    wanted = argparse.Namespace(**{"python": None, **wheel, "arch": arch})
    with pip_session(wanted) as (session, link):
        size = session.head(link.url_without_fragment).headers["content-length"]
        return {"sha256": link.hash, "bytes": int(size)}


def main():
    wheels = json.loads(PINS.read_text())
    for wheel in wheels:
        wheel["files"] = {arch: pin(wheel, arch) for arch in ("x86_64", "aarch64")}
        print(wheel["name"], wheel["version"])
    PINS.write_text(json.dumps(wheels, indent=2) + "\n")


if __name__ == "__main__":
    main()
