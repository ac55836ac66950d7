"""A time limit for a command (`--timeout`)."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class DeadlinePassed(BaseException):
    """The time is up. No `Exception`, so that nobody who handles those keeps the command running."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not finished after {seconds:g} s (--timeout); nothing was written")


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Raises `DeadlinePassed` in the block when it takes longer; by a timer of the system, by a thread where there is none."""
    if seconds is None:
        yield
    elif hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        yield from _by_signal(seconds)
    else:
        yield from _by_thread(seconds)


def _by_signal(seconds: float) -> Iterator[None]:
    def passed(number: int, frame: FrameType | None) -> None:
        raise DeadlinePassed(seconds)

    before = signal.signal(signal.SIGALRM, passed)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _by_thread(seconds: float) -> Iterator[None]:
    up = threading.Event()

    def passed() -> None:
        up.set()
        _thread.interrupt_main()

    ignored = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored:  # a shell starts its background jobs so, and nothing would interrupt us
        signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, passed)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if up.is_set():
            raise DeadlinePassed(seconds) from None
        raise
    finally:
        timer.cancel()
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
