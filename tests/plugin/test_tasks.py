"""Python's collector rests while tasks work, and works again after the last of them."""

from __future__ import annotations

import gc
import threading

import pytest


def test_the_collector_rests_until_the_last_of_several_bodies_is_done():
    from qingliu.ui.tasks import uncollected

    inside, go = threading.Event(), threading.Event()

    def work():
        with uncollected():
            inside.set()
            go.wait(10)

    thread = threading.Thread(target=work)
    with uncollected():
        thread.start()
        assert inside.wait(10) and not gc.isenabled()
    assert not gc.isenabled()
    go.set()
    thread.join(10)
    assert gc.isenabled()


def test_an_error_lets_the_collector_work_again():
    from qingliu.ui.tasks import uncollected

    with pytest.raises(ValueError), uncollected():
        raise ValueError()
    assert gc.isenabled()


def test_a_collector_that_somebody_switched_off_stays_off():
    from qingliu.ui.tasks import uncollected

    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
