"""Unpacks chosen members of a wheel: `unpack_wheel.py WHEEL DEST RULE...`, a rule being `PREFIX:GLOB=FOLDER`.

A member whose path starts with PREFIX and whose remainder matches GLOB lands in DEST/FOLDER under that remainder;
with `=FOLDER/*` only its base name is kept. Most of a torch wheel is of no use to a daemon without Python, so
unpacking by choice saves a gigabyte. Never writes outside DEST.
"""

import fnmatch
import shutil
import sys
import zipfile
from pathlib import Path, PurePosixPath


def target(member, rules):
    """Where `member` goes, relative to the destination, or None when no rule wants it."""
    for rule in rules:
        source, folder = rule.split("=", 1)
        prefix, pattern = source.split(":", 1)
        rest = member.removeprefix(prefix)
        if member.startswith(prefix) and fnmatch.fnmatchcase(rest, pattern):
            flat = folder.endswith("/*")
            return PurePosixPath(folder.removesuffix("/*")) / (PurePosixPath(rest).name if flat else rest)
    return None


def unpack(wheel, destination, rules):
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            path = None if info.is_dir() else target(info.filename, rules)
            if path is None or ".." in path.parts or path.is_absolute():
                continue
            out = destination / path
            out.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as source, out.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            count += 1
    if count == 0:
        raise SystemExit(f"{wheel.name} holds none of the files that were looked for ({' '.join(rules)}).")


if __name__ == "__main__":
    try:
        unpack(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    except (OSError, zipfile.BadZipFile) as error:
        raise SystemExit(f"{sys.argv[1]} could not be unpacked: {error}.") from error
