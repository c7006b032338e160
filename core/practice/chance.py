"""Chance that is the same everywhere: numbers hashed from a seed and integer coordinates.

NumPy may change the streams of its generators between versions; SplitMix64 (Steele, Lea & Flood 2014)
on unsigned 64-bit integers is exact arithmetic and never will.
"""

from __future__ import annotations

import hashlib
import uuid

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def _mix(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        x = (x + _STEP).astype(np.uint64)
        x = (x ^ (x >> np.uint64(30))) * _MIX1
        x = (x ^ (x >> np.uint64(27))) * _MIX2
        return x ^ (x >> np.uint64(31))


def _key(seed: int, stream: str) -> np.uint64:
    digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "big"))


def uniform_at(seed: int, stream: str, *coordinates: np.ndarray) -> np.ndarray:
    """Uniform numbers in [0, 1), float64, one for each tuple of (non-negative) integer coordinates."""
    x = np.full(np.broadcast(*coordinates).shape, _key(seed, stream), dtype=np.uint64)
    for c in coordinates:
        x = _mix(x ^ np.asarray(c).astype(np.uint64))
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53


def uniform(seed: int, stream: str, count: int) -> np.ndarray:
    """``count`` uniform numbers in [0, 1)."""
    return uniform_at(seed, stream, np.arange(count))


def integers(seed: int, stream: str, count: int, low: int, high: int) -> list[int]:
    """``count`` integers in low..high, both included."""
    return [low + int(u * (high - low + 1)) for u in uniform(seed, stream, count)]


def shuffled(seed: int, stream: str, items: list) -> list:
    """The items in an order of chance."""
    return [items[i] for i in np.argsort(uniform(seed, stream, len(items)), kind="stable")]


def smooth_noise(
    seed: int, stream: str, x: np.ndarray, y: np.ndarray, wave: float, octaves: int = 3
) -> np.ndarray:
    """Value noise in about [-1, 1] at (x, y) >= 0, longest wave ``wave`` (units of x), halved per octave."""
    total = np.zeros(np.broadcast(x, y).shape)
    weight = norm = 1.0
    for octave in range(octaves):
        total = total + weight * _lattice_noise(seed, f"{stream}/{octave}", x / wave, y / wave)
        wave, weight = wave / 2, weight / 2
        norm += weight
    return total / norm


def _lattice_noise(seed: int, stream: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    i, j = np.floor(x), np.floor(y)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    i, j = i.astype(np.int64), j.astype(np.int64)
    corner = [[uniform_at(seed, stream, i + a, j + b) * 2 - 1 for b in (0, 1)] for a in (0, 1)]
    low = corner[0][0] * (1 - u) + corner[1][0] * u
    high = corner[0][1] * (1 - u) + corner[1][1] * u
    return low * (1 - v) + high * v


def identity(seed: int, version: str, *path: object) -> str:
    """A UUID that belongs to the thing named by ``path`` for this seed and version, for ever."""
    name = "/".join(["qingliu-practice", version, str(seed), *map(str, path)])
    return str(uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=5))
