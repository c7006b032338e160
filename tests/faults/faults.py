"""Writers that are killed, starved and locked out, and the oracle that says what must be in the file.

Action n touches five tables: a new village, parcel and row of a7, the one row of a8 replaced, the
token row of a6 set to n. The file must be in exactly one of the allowed states: k = the last
acknowledged action, or the one that was being saved. Run as a program this file is a writer.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load_package():
    """The checkout as ``qingliu``, outside pytest."""
    if "qingliu" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "qingliu", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        sys.modules["qingliu"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["qingliu"])


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


def square(x, y, size=10.0):
    ring = [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
    return struct.pack("<BIII", 1, 3, 1, 5) + b"".join(struct.pack("<dd", *p) for p in ring)


def new_survey(path):
    """A survey with state 0."""
    from qingliu.layers.store import Insert, NewSurvey, Srs, create_store

    wkt = 'LOCAL_CS["test",UNIT["metre",1]]'
    with create_store(
        path, NewSurvey("青柳沟", "1", "livable", Srs("test", 300001, "NONE", 300001, wkt))
    ) as store:
        store.save([Insert("a6", {"length_m": 0.0}), Insert("a8", {"natural_village": "0"})])


def action(store, n):
    """The changes of action n against the store as it stands."""
    from qingliu.layers.store import Delete, Insert, Update

    (token,) = store.rows("a6")
    (old,) = store.rows("a8")
    return [
        Insert("villages", {"name": str(n)}, point(n, 2 * n)),
        Insert("parcels", {"name": str(n), "landuse": "0101"}, square(n, n)),
        Insert("a7", {"natural_village": str(n), "main_income": "务农" * (n % 40)}),
        Update("a6", token.uuid, token.version, {"length_m": float(n)}),
        Delete("a8", old.uuid, old.version),
        Insert("a8", {"natural_village": str(n)}),
    ]


def state_of(path, logged=True):
    """(k, faults): the state the file is in, and everything that is wrong with it."""
    connection = sqlite3.connect(path)
    faults = []
    try:
        check = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if check != "ok":
            return -1, [f"integrity: {check}"]
        k = int(connection.execute("SELECT length_m FROM a6").fetchall()[0][0])
        wanted = [str(n) for n in range(1, k + 1)]
        for table, column in (("villages", "name"), ("parcels", "name"), ("a7", "natural_village")):
            found = [r[0] for r in connection.execute(f'SELECT "{column}" FROM "{table}" ORDER BY fid')]
            if found != wanted:
                faults.append(f"{table}: {len(found)} of {k}")
        if [r[0] for r in connection.execute("SELECT natural_village FROM a8")] != [str(k)]:
            faults.append("a8: replaced row missing or double")
        for table in ("villages", "parcels"):
            rows = connection.execute(f"SELECT fid FROM {table} ORDER BY fid").fetchall()
            if connection.execute(f"SELECT id FROM rtree_{table}_geom ORDER BY id").fetchall() != rows:
                faults.append(f"{table}: index differs")
            if connection.execute(f"SELECT rtreecheck('rtree_{table}_geom')").fetchone()[0] != "ok":
                faults.append(f"{table}: index broken")
        entries = connection.execute("SELECT count(*) FROM change_log WHERE table_name = 'a6'").fetchone()[0]
        if logged and entries != k + 1:
            faults.append(f"log: {entries} entries for {k} actions")
        return k, faults
    finally:
        connection.close()


def write_for_ever(path, say):
    """The store's writer: TRY n, save, ACK n."""
    from qingliu.core.errors import QingliuError
    from qingliu.layers.store import open_store

    store = open_store(path, daily_backup=False)
    n = int(store.rows("a6")[0].values["length_m"])
    say("READY")
    while True:
        n += 1
        say(f"TRY {n}")
        try:
            store.save(action(store, n))
        except QingliuError as error:
            say(f"ERR {n} {error.code}")
            n -= 1
            continue
        say(f"ACK {n}")


def _said(text):
    """(last acknowledged, last tried) of a writer's output."""
    acknowledged = tried = None
    for line in text.split("\n")[:-1]:
        word, _, rest = line.partition(" ")
        if word == "ACK":
            acknowledged = int(rest)
        elif word == "TRY":
            tried = int(rest)
    return acknowledged, tried


def _forked_writer(path):
    """A writer in a forked process: (process id, what it says)."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            write_for_ever(path, lambda text: os.write(write, (text + "\n").encode()))
        finally:
            os._exit(1)
    os.close(write)
    return pid, read


def _read_until_ready(read, seconds=60):
    data = b""
    end = time.monotonic() + seconds
    while b"READY\n" not in data:
        part = os.read(read, 4096)
        if not part or time.monotonic() > end:
            raise RuntimeError(f"the writer did not get ready: {data!r}")
        data += part
    return data


def qgis_writer(how):
    """Starts a writer that saves as QGIS layers are saved (see qgis_writer.py)."""

    def start(path):
        program = [sys.executable, str(Path(__file__).with_name("qgis_writer.py")), str(path), how]
        read, write = os.pipe()
        done = subprocess.Popen(program, stdout=write, stderr=subprocess.DEVNULL)
        os.close(write)
        return done.pid, read

    return start


def kill_storm(path, kills, seed=1, longest_s=0.12, start=_forked_writer, logged=True):
    """Kill a writer again and again on the same file; what was lost, torn, corrupt.

    ``logged`` is False for a writer that knows nothing of the change log.
    """
    chance = random.Random(seed)
    result = {
        "kills": 0,
        "acknowledged": 0,
        "lost": 0,
        "torn": 0,
        "corrupt": 0,
        "faults": [],
        "slowest_open_s": 0.0,
    }
    state, known = state_of(path, logged)
    for _ in range(kills):
        pid, read = start(path)
        data = _read_until_ready(read)
        time.sleep(chance.uniform(0, longest_s))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while True:
            part = os.read(read, 65536)
            if not part:
                break
            data += part
        os.close(read)
        acknowledged, tried = _said(data.decode())
        low = state if acknowledged is None else acknowledged
        high = low if tried is None else max(tried, low)
        started = time.monotonic()
        found, faults = state_of(path, logged)
        result["slowest_open_s"] = max(result["slowest_open_s"], round(time.monotonic() - started, 3))
        result["kills"] += 1
        result["acknowledged"] += low - state
        result["lost"] += max(0, low - found) if found >= 0 else 0
        result["torn"] += (bool(faults) and faults != known) or found > high
        known = faults  # what was torn stays torn: count each action once
        result["corrupt"] += found < 0
        result["faults"] += faults[:3]
        state = max(found, 0)
    return result


def write_some(path, count, say):
    """``count`` actions; each is tried until it is taken, what was refused is said with its code."""
    from qingliu.core.errors import QingliuError
    from qingliu.layers.store import open_store

    store = open_store(path, daily_backup=False)
    n = int(store.rows("a6")[0].values["length_m"])
    say("READY")
    for _ in range(count):
        say(f"TRY {n + 1}")
        try:
            store.save(action(store, n + 1))
        except QingliuError as error:
            say(f"ERR {n + 1} {error.code}")
            continue
        n += 1
        say(f"ACK {n}")
    store.close()


def add_to_token(path, count, name, say):
    """Two of these at once: each adds 1 to the token ``count`` times, trying again where it was stale."""
    from qingliu.layers.store import Insert, StaleSave, Update, open_store

    store = open_store(path, who=name, daily_backup=False)
    stale = 0
    for number in range(count):
        while True:
            (token,) = store.rows("a6")
            values = {"length_m": token.values["length_m"] + 1}
            try:
                store.save(
                    [
                        Update("a6", token.uuid, token.version, values),
                        Insert("villages", {"name": f"{name} {number}"}, point(number, number)),
                    ]
                )
                break
            except StaleSave:
                stale += 1
    store.close()
    say(f"DONE {stale}")


def write_twenties(path, seconds, say):
    """Saves of 20 parcels each, for readers to count."""
    from qingliu.layers.store import Insert, open_store

    store = open_store(path, daily_backup=False)
    say("READY")
    end = time.monotonic() + seconds
    n = 0
    while time.monotonic() < end:
        n += 1
        store.save([Insert("parcels", {"name": str(n)}, square(n, i)) for i in range(20)])
        time.sleep(0.002)
    say(f"DONE {n}")
    store.close()


def hold_lock(path, seconds, say):
    """Another program that holds the write lock."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    say("READY")
    time.sleep(seconds)
    connection.execute("ROLLBACK")
    connection.close()


def storm(path, kills, seed, how):
    """A kill storm on a new survey."""
    new_survey(path)
    if how == "store":
        return kill_storm(path, kills, seed)
    return kill_storm(path, kills, seed, 0.4, qgis_writer(how), logged=how != "plain")


def main(command, path, *rest):
    load_package()

    def say(text):
        os.write(1, (text + "\n").encode())

    if command == "new":
        new_survey(path)
    elif command == "storm":
        say(json.dumps(storm(path, int(rest[0]), int(rest[1]), rest[2]), ensure_ascii=False))
    elif command == "some":
        write_some(path, int(rest[0]), say)
    elif command == "token":
        add_to_token(path, int(rest[0]), rest[1], say)
    elif command == "twenties":
        write_twenties(path, float(rest[0]), say)
    elif command == "lock":
        hold_lock(path, float(rest[0]), say)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
