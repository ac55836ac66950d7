"""One repository root in the editor: at most one analysis at a time, in its own thread, and the latest text wins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mlrubric.model.report import Report

Analyse = Callable[[Path, Mapping[str, str]], Report]
"""(root, text of unsaved files by their path from the root) -> the report."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the editor showed when an analysis began: unsaved texts by path, and the version of each open document."""

    overlay: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int | None] = field(default_factory=dict)


class Session:
    """Runs the analysis of one root. All methods are called in the event loop's thread; `report` is the last result."""

    def __init__(
        self,
        root: Path,
        analyse: Analyse,
        snapshot: Callable[[Path], Snapshot],
        publish: Callable[[Path, Snapshot, Report], None],
        failed: Callable[[Path, Exception], None],
    ) -> None:
        self.root = root
        self.report: Report | None = None
        self.snapshot = Snapshot()  # what it was made from
        self._analyse, self._snapshot, self._publish, self._failed = analyse, snapshot, publish, failed
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None
        self._again = False

    def request(self, delay: float = 0.0) -> None:
        """Asks for an analysis after `delay` seconds without another request; one that runs is followed by one more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._running is not None:
            self._again = True
        else:
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while True:
                self._again = False
                snapshot = self._snapshot(self.root)
                try:
                    report = await _in_thread(self._analyse, self.root, snapshot.overlay)
                except Exception as error:  # the server outlives a bug of the analysis, and says so in the editor
                    self._failed(self.root, error)
                else:
                    self.report, self.snapshot = report, snapshot
                    self._publish(self.root, snapshot, report)
                if not self._again:
                    return
        finally:
            self._running = None


async def _in_thread(analyse: Analyse, root: Path, overlay: Mapping[str, str]) -> Report:
    """Like asyncio.to_thread, in a thread that does not keep a closing editor waiting."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Report] = loop.create_future()

    def run() -> None:
        try:
            report = analyse(root, overlay)
        except BaseException as raised:  # sys.exit() in there must not leave the session waiting for ever
            error = raised if isinstance(raised, Exception) else RuntimeError(f"{type(raised).__name__}: {raised}")
            settle = partial(answer.set_exception, error)
        else:
            settle = partial(answer.set_result, report)
        with suppress(RuntimeError):  # the loop is closed: the editor has gone
            loop.call_soon_threadsafe(settle)

    threading.Thread(target=run, name="mlrubric-analysis", daemon=True).start()
    return await answer
