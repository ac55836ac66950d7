"""Where text goes: the terminal with its width and colours, files, and progress on standard error."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mlrubric.cli import UsageError
from mlrubric.report import Options

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

NARROWEST, WIDEST, WITHOUT_TERMINAL = 60, 160, 100
QUIET_SECONDS = 1.0


def options_for(command: str, verbosity: int, target: Path | None) -> Options:
    """How to print: for standard output as the terminal is, for a file plain."""
    pages = os.environ.get("MLRUBRIC_PAGES", "")
    if target is not None:
        return Options(command, WITHOUT_TERMINAL, False, True, verbosity, target.name, pages)
    width = shutil.get_terminal_size((WITHOUT_TERMINAL, 24)).columns
    return Options(command, min(WIDEST, max(NARROWEST, width)), wants_color(sys.stdout), _speaks_unicode(sys.stdout), verbosity, "", pages)


def wants_color(stream: TextIO) -> bool:
    """NO_COLOR forbids, FORCE_COLOR asks, else colour is for terminals."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _speaks_unicode(stream: TextIO) -> bool:
    try:
        "█▏→".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def put(text: str, target: Path | None) -> None:
    """Writes a file as UTF-8, or to standard output in its own encoding."""
    if target is None:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
        return
    try:
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error


def check_writable(target: Path) -> None:
    """Before a long analysis: the folder must be there."""
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: there is no folder {target.parent}")
    if target.is_dir():
        raise UsageError(f"cannot write {target}: it is a folder")


class Progress:
    """Counts files on standard error once the work has taken a second; nothing when that is no terminal."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._start, self._stream = clock, clock(), stream
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            if self._clock() - self._start < QUIET_SECONDS:
                return
            self._open()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(file=self._stream), transient=True)
        self._task = self._bar.add_task("reading", total=None)
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress(wanted: bool) -> Iterator[Progress | None]:
    """Progress for the block, or None where nobody looks."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    shown = Progress(sys.stderr)
    try:
        yield shown
    finally:
        shown.close()
