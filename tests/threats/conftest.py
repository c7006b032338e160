"""What hostile files are tried with: a canary nothing may touch, a listener nothing may call, QGIS itself."""

from __future__ import annotations

import importlib.util
import socket
import sqlite3
import threading
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_plugin = _load("threats_plugin_conftest", TESTS / "plugin" / "conftest.py")
provider, run = _plugin.provider, _plugin.run


@pytest.fixture(scope="session")
def surveys():
    """The module ``field_surveys``: small surveys with every kind of thing."""
    return _load("threats_field_surveys", TESTS / "plugin" / "field_surveys.py")


@pytest.fixture(scope="session")
def sound_survey(surveys, qgis_app, tmp_path_factory):
    """A survey with photos and evidence in a folder of its own, to be copied."""
    return surveys.make_survey(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def survey(sound_survey, tmp_path):
    """A copy of the survey that a test may spoil."""
    import shutil

    folder = tmp_path / "mailed"
    shutil.copytree(sound_survey.parent, folder)
    return folder / sound_survey.name


@pytest.fixture
def canary(tmp_path):
    """A path at which nothing may ever appear."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "a payload has run"


class Listener:
    """Listens on this machine; every connection is remembered."""

    def __init__(self):
        self.calls = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._over, self._idle = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while not self._over.is_set():
            try:
                client, _ = self._socket.accept()
            except (TimeoutError, socket.timeout):
                self._idle.set()
                continue
            client.settimeout(1.0)
            try:
                self.calls.append(client.recv(200))
                client.sendall(b"HTTP/1.0 404 no\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                self.calls.append(b"?")
            client.close()

    def forget(self):
        """Forget the calls so far, those that are still being served included."""
        self._idle.clear()  # set by a whole round in which nobody called
        assert self._idle.wait(10)
        self.calls.clear()

    def close(self):
        self._over.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listener():
    """A server that nothing may call; the test fails where something did."""
    found = Listener()
    yield found
    found.close()
    assert found.calls == [], "a connection was opened"


@pytest.fixture
def spoil():
    """spoil(path, sql...) writes into a GeoPackage as its mailer did."""

    def write(path, *statements):
        connection = sqlite3.connect(path)
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            connection.create_function(name, 1, lambda blob: 0.0)
        for statement in statements:
            connection.executescript(statement)
        connection.commit()
        connection.close()

    return write
