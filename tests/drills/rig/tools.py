"""Tools the drills need: named when they are missing, never fetched behind someone's back."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

PACKAGES = {"nbdkit": "nbdkit", "nbdfuse": "libnbd-bin", "fusermount3": "fuse3", "strace": "strace",
            "faketime": "faketime", "slowhttptest": "slowhttptest", "mkfs.ext4": "e2fsprogs", "nft": "nftables"}

PYTHON = {"standardwebhooks": "standardwebhooks==1.1.0"}


class Missing(Exception):
    """A tool is not there; the message says how to get it."""


def need(*names: str):
    """Refuses a drill whose tools are not installed."""
    missing = [name for name in names if shutil.which(name) is None and not pathlib.Path("/usr/sbin", name).exists()]
    if missing:
        packages = " ".join(sorted({PACKAGES[name] for name in missing}))
        raise Missing(f"{', '.join(missing)} missing: apt-get install {packages}")


def need_root():
    if os.geteuid() != 0:
        raise Missing("this drill mounts file systems and needs root")


def in_environment():
    """Runs this program again in a virtual environment that has the Python packages, and makes it when there is none."""
    if all(importlib.util.find_spec(name) for name in PYTHON) or os.environ.get("LOKET_DRILLS_ENV"):
        return
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    where = cache / "loket" / "drills-venv"
    python = where / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", where], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PYTHON.values()], check=True)
    os.environ["LOKET_DRILLS_ENV"] = "1"
    os.execv(python, [str(python), *sys.argv])
