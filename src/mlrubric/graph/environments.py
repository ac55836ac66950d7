"""The environments that code runs in: what the jobs that run it install, where that is known, else what governs its file."""

from __future__ import annotations

import posixpath

from mlrubric.graph.graph import RUNS
from mlrubric.graph.installs import Installs
from mlrubric.graph.versions import Pinned, settled
from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.moved import Moved


class Environments:
    """Answers for one repository: all that is said of the version of a distribution in every environment that runs something."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._installs: Installs | None = None
        self._of: dict[tuple[int, str, tuple[str, ...]], tuple[Pinned, ...]] = {}

    def of_op(self, op: int, moved: Moved) -> tuple[Pinned, ...]:
        """For an operation of the code."""
        code = self.world.code
        return self._known(code.holder(op), code.program.unit(op).path, moved)

    def of_command(self, node: int, folder: str, moved: Moved) -> tuple[Pinned, ...]:
        """For a command that runs in a folder."""
        return self._known(node, posixpath.join(folder, "command"), moved)

    def _known(self, node: int, path: str, moved: Moved) -> tuple[Pinned, ...]:
        key = (node, posixpath.dirname(path), moved.distributions)
        if key not in self._of:
            self._of[key] = self._find(node, path, moved.distributions)
        return self._of[key]

    def _find(self, node: int, path: str, distributions: tuple[str, ...]) -> tuple[Pinned, ...]:
        declared = tuple(pin for name in distributions for pin in self.world.versions.of(path, name))
        if any(self._foreign(pin.place.path, path) for pin in declared):  # several projects: only what lies above speaks of this one
            declared = tuple(pin for pin in declared if f"{path}/".startswith(f"{posixpath.dirname(pin.place.path)}/".lstrip("/")))
        if not declared:
            return ()  # nothing anywhere speaks of it
        graph = self.world.graph
        jobs = [n for n in graph.sweep([node], RUNS, back=True) if graph.nodes[n].kind == "job"]
        if not jobs:
            return declared
        if self._installs is None:
            self._installs = Installs(self.world, self.world.code.meanings.catalogue.brings())
        wanted = {normal_name(name) for name in distributions}
        found: list[Pinned] = []
        for job in sorted(jobs):
            environment = self._installs.job(job)
            rows = settled(pin for pin in environment.pins if normal_name(pin.name) in wanted)
            if not environment.known or not rows:
                return declared
            found.extend(rows)
        return tuple(dict.fromkeys(found))

    def _foreign(self, pin: str, path: str) -> bool:
        """Whether a version is said by another project of the repository: in a folder with code of its own, beside what is asked about."""
        folder = posixpath.dirname(pin)
        if not folder or path.startswith(f"{folder}/"):
            return False
        above = posixpath.commonpath([folder, posixpath.dirname(path)]) if posixpath.dirname(path) else ""
        beside = folder.removeprefix(f"{above}/" if above else "").partition("/")[0]
        own = posixpath.join(above, beside) if beside and folder != above else ""
        return bool(own) and any(unit.path.startswith(f"{own}/") for unit in self.world.code.program.modules)
