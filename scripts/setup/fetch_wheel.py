"""Fetches one pinned wheel, resumes where it was cut off, and checks its sha256.

The file is looked up through pip, so index settings, mirrors, proxies, certificates and credentials hold as the
user has them. pip itself can't resume a download; half a gigabyte deserves it, so the bytes are read here over
pip's own session with HTTP ranges. Where this pip differs too much for that, `pip download` does the work.

Never installs anything, and never leaves a file under the final name that does not match the pin.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ATTEMPTS = 6
CHUNK = 1 << 20


class Progress:
    """Bytes and rate on a terminal, one line each ten seconds elsewhere."""

    def __init__(self, label, total):
        self.label, self.total = label, total
        self.started = self.shown = time.monotonic()
        self.first = None
        self.terminal = sys.stderr.isatty()

    def show(self, done, final=False):
        now = time.monotonic()
        self.first = done if self.first is None else self.first
        if not final and now - self.shown < (0.2 if self.terminal else 10):
            return
        self.shown = now
        rate = (done - self.first) / max(now - self.started, 1e-3) / 1e6
        text = f"  {self.label}: {done / 1e6:.0f} of {self.total / 1e6:.0f} MB, {rate:.1f} MB/s"
        if self.terminal:
            sys.stderr.write("\r\033[K" + ("" if final else text))
        elif not final:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()


def pip_arguments(wheel):
    """What selects the wheel for `wheel.arch`, whichever Python runs this."""
    python = wheel.python or "3.11"
    abi = "cp" + python.replace(".", "")
    platforms = [f"manylinux_2_{minor}_{wheel.arch}" for minor in range(28, 16, -1)]
    platforms.append(f"manylinux2014_{wheel.arch}")
    return [
        "--no-deps",
        "--only-binary=:all:",
        f"--python-version={python}",
        "--implementation=cp",
        *(f"--abi={tag}" for tag in (abi, "abi3", "none")),
        *(f"--platform={tag}" for tag in platforms),
    ]


@contextlib.contextmanager
def pip_session(wheel):
    """pip's own HTTP session and its link to the wheel, resolved as `pip download` would."""
    from pip._internal.cli import cmdoptions
    from pip._internal.commands import create_command
    from pip._vendor.packaging.specifiers import SpecifierSet

    command = create_command("download")
    options, _ = command.parse_args([*pip_arguments(wheel), "--dest=.", wheel.name])
    with command.main_context():
        session = command.get_default_session(options)
        target = cmdoptions.make_target_python(options)
        finder = command._build_package_finder(options, session, target_python=target)
        best = finder.find_best_candidate(wheel.name, SpecifierSet(f"=={wheel.version}"))
        if best.best_candidate is None:
            raise SystemExit(
                f"The package index could not be reached or has no wheel {wheel.name} {wheel.version} for {wheel.arch}."
            )
        yield session, best.best_candidate.link


def fetch_with_ranges(wheel, part):
    with pip_session(wheel) as (session, link):
        progress = Progress(wheel.name, wheel.bytes)
        for attempt in range(ATTEMPTS):
            try:
                if read_rest(session, link.url_without_fragment, part, progress) >= wheel.bytes:
                    break
            except OSError as error:
                if attempt + 1 == ATTEMPTS:
                    raise
                print(f"  {wheel.name}: {error}; resuming", file=sys.stderr)
                time.sleep(2**attempt)
        progress.show(part.stat().st_size, final=True)


def read_rest(session, url, part, progress):
    """Appends what `part` lacks and gives its new size in bytes."""
    done = part.stat().st_size if part.exists() else 0
    if done >= progress.total:
        return done
    headers = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"}
    with session.get(url, headers=headers, stream=True) as response:
        response.raise_for_status()
        if response.status_code != 206:
            done = 0
        with part.open("ab" if done else "wb") as out:
            for chunk in response.iter_content(CHUNK):
                out.write(chunk)
                done += len(chunk)
                progress.show(done)
    return done


def fetch_with_pip(wheel, part):
    folder = Path(tempfile.mkdtemp(dir=part.parent))
    try:
        command = [sys.executable, "-m", "pip", "download", *pip_arguments(wheel), "--dest", str(folder)]
        subprocess.run([*command, f"{wheel.name}=={wheel.version}"], check=True, stdout=sys.stderr)
        os.replace(next(folder.glob("*.whl")), part)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"pip could not download {wheel.name} {wheel.version}: {error}.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fetch(wheel, part):
    try:
        fetch_with_ranges(wheel, part)
    except (ImportError, AttributeError, TypeError):  # a pip whose inside looks different
        fetch_with_pip(wheel, part)


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def check(wheel, part):
    if part.stat().st_size < wheel.bytes:
        raise SystemExit(
            f"{wheel.name} was cut off at {part.stat().st_size} of {wheel.bytes} bytes; the next run goes on from there."
        )
    found = sha256(part)
    if found == wheel.sha256:
        return
    part.unlink()
    raise SystemExit(
        f"{wheel.name} {wheel.version} has sha256 {found}, but {wheel.sha256} is pinned. The file was deleted; "
        "if it happens again, the package index or a proxy serves something else."
    )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("name", "version", "arch", "sha256", "python"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--bytes", type=int)
    parser.add_argument("--dest", type=Path)
    return parser.parse_args()


def main():
    wheel = arguments()
    wheel.dest.parent.mkdir(parents=True, exist_ok=True)
    part = wheel.dest.with_suffix(".part")
    with wheel.dest.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if wheel.dest.exists():
            return
        fetch(wheel, part)
        check(wheel, part)
        part.replace(wheel.dest)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        raise SystemExit(f"{error}") from error
