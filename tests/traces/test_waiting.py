"""Laws of waiting: work is done whole, and an interrupt is neither early nor lost."""

import _thread
import threading
import time

import pytest

from workbench.traces.waiting import whole


def test_an_interrupt_is_raised_when_the_work_has_ended():
    done = []

    def work():
        threading.Timer(0.05, _thread.interrupt_main).start()
        time.sleep(0.3)
        done.append("work")

    with pytest.raises(KeyboardInterrupt):
        whole(work)
    assert done == ["work"]


def test_what_the_work_raises_is_raised_to_who_waits():
    with pytest.raises(ZeroDivisionError):
        whole(lambda: 1 / 0)


def test_a_thread_that_is_not_interrupted_works_itself():
    names = []
    thread = threading.Thread(target=lambda: names.append(whole(threading.current_thread)))
    thread.start()
    thread.join()
    assert names == [thread]
