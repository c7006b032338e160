"""How much memory a computation may still take."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_UNKNOWN = 8 * 2**30


def available_bytes() -> int:
    """Memory free for new work: the least of the system's, the container's and the process's own limit."""
    limits = [_system_bytes(), _container_bytes(), _process_bytes()]
    return min((n for n in limits if n is not None), default=_UNKNOWN)


def _system_bytes() -> int | None:
    if sys.platform == "win32":
        return _windows_bytes()
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in ("total", "free", "pages", "free_pages", "space")),
        ("free_space", ctypes.c_ulonglong),
        ("extended", ctypes.c_ulonglong),
    )


def _windows_bytes() -> int | None:
    status = _MemoryStatus()
    status.length = ctypes.sizeof(status)
    windll = getattr(ctypes, "windll", None)
    if windll is None or not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.free)


def _container_bytes() -> int | None:
    """What a Linux control group leaves."""
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii").strip()
        return None if limit == "max" else max(int(limit) - int(used), 0)
    except (OSError, ValueError):
        return None


def _process_bytes() -> int | None:
    """What the address-space limit leaves (Unix)."""
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        pages = 0
    return max(limit - pages * resource.getpagesize(), 0)
