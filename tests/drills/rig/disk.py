"""Disks that can be cut off or filled: an ext4 file system whose unsynced writes can be lost, and a small one."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time


def _run(*command, check: bool = True):
    return subprocess.run([str(word) for word in command], check=check, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout.strip()


class CutDisk:
    """An image behind a write-back cache of a block server. Killing the server loses whatever was not flushed."""

    def __init__(self, folder: pathlib.Path, mebibytes: int = 128):
        self.folder = folder
        self.image = folder / "disk.img"
        self.fuse = folder / "f"
        self.mounted = folder / "m"
        self.fuse.mkdir()
        self.mounted.mkdir()
        self.loop = ""
        self.server = self.bridge = None
        with self.image.open("wb") as file:
            file.truncate(mebibytes << 20)
        self.is_new = True

    def start(self):
        socket = self.folder / "s.sock"
        socket.unlink(missing_ok=True)
        self.server = subprocess.Popen(
            ["nbdkit", "-f", "-U", socket, "--filter=cache", "file", self.image, "cache=writeback"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait(socket.exists)
        self.bridge = subprocess.Popen(["nbdfuse", self.fuse, f"nbd+unix:///?socket={socket}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait((self.fuse / "nbd").exists)
        self.loop = _run("losetup", "-f", "--show", self.fuse / "nbd")
        if self.is_new:
            _run("mkfs.ext4", "-q", self.loop)
            self.is_new = False
        _run("mount", self.loop, self.mounted)

    def cut(self):
        """The power goes: the server of the block device is killed with what its cache holds."""
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def clear(self):
        """Takes away what is left of the disk after a cut; its image holds what had reached it."""
        _run("umount", "-l", self.mounted, check=False)
        if self.loop:
            _run("losetup", "-d", self.loop, check=False)
        if self.server and self.server.poll() is None:
            self.cut()
        if self.bridge:
            _run("fusermount3", "-u", "-z", self.fuse, check=False)
            with contextlib.suppress(ProcessLookupError):
                self.bridge.terminate()
            self.bridge.wait()
        self.server = self.bridge = None
        self.loop = ""


class SmallDisk:
    """An ext4 image of a few mebibytes."""

    def __init__(self, folder: pathlib.Path, mebibytes: int = 64):
        self.mounted = folder / "small"
        self.mounted.mkdir()
        image = folder / "small.img"
        with image.open("wb") as file:
            file.truncate(mebibytes << 20)
        _run("mkfs.ext4", "-q", "-m", "0", image)
        _run("mount", "-o", "loop", image, self.mounted)

    def fill(self, name: str = "log") -> int:
        """Writes until nothing more goes; gives the bytes."""
        n = 0
        piece = os.urandom(1 << 16)
        file = os.open(self.mounted / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for size in (1 << 16, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        n += os.write(file, piece[:size])
                        if n > 1 << 30:
                            return n
            os.fsync(file)
        except OSError:
            pass
        finally:
            os.close(file)
        return n

    def free(self) -> int:
        disk = os.statvfs(self.mounted)
        return disk.f_bavail * disk.f_frsize

    def clear(self):
        _run("umount", "-l", self.mounted, check=False)


def _wait(is_there, seconds: float = 10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if is_there():
                return
        time.sleep(0.02)
    raise RuntimeError("a part of the disk did not start")
