"""An environment of its own for each library: made, filled and asked in processes of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROBE = Path(__file__).with_name("probe.py")
LIMIT = 600
BUILD = 60


class Environment:
    """A virtual environment in a folder; it stays there, so that a second run is quick."""

    def __init__(self, folder: Path, left_out: Sequence[str] = ()) -> None:
        self.folder, self.left_out = folder, left_out
        self.python = folder / "bin" / "python"

    def install(self, distributions: Sequence[str], dependencies: bool = True) -> dict[str, str]:
        """Install what is not yet there, together or, where that has no solution, one by one; gives those that failed with the reason."""
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.folder)], check=True)
        done = self.folder / "asked.json"
        before = json.loads(done.read_text()) if done.exists() else {}
        wanted = [name for name in distributions if name not in before]
        failed = {name: reason for name, reason in before.items() if reason}
        if wanted:
            found = {} if not self._pip(wanted, dependencies) else {name: self._alone(name, dependencies) for name in wanted}
            before.update({name: found.get(name, "") for name in wanted})
            failed.update({name: reason for name, reason in found.items() if reason})
            done.write_text(json.dumps(before, indent=1, sort_keys=True))
        return failed

    def _alone(self, name: str, dependencies: bool) -> str:
        """One distribution by itself; what comes as source only is built when that does not take long."""
        return self._pip([name], dependencies) and self._pip([name], dependencies, built=True)

    def _pip(self, names: Sequence[str], dependencies: bool, built: bool = False) -> str:
        """Why the installation failed, "" when it did not; with uv where it is on the path."""
        uv = shutil.which("uv")
        tool = [uv, "pip", "install", "-q", "--python", str(self.python)] if uv else []
        if uv and self.left_out:  # a marker that never holds keeps a dependency out
            overrides = self.folder / "overrides.txt"
            overrides.write_text("".join(f"{name}; python_version < '0'\n" for name in self.left_out))
            tool += ["--override", str(overrides)]
        tool = tool or [sys.executable, "-m", "pip", "--python", str(self.python), "install", "-q"]
        if not built:
            tool += ["--only-binary", ":all:"]
        try:
            ended = subprocess.run(
                [*tool, *([] if dependencies else ["--no-deps"]), *names], capture_output=True, text=True, timeout=BUILD if built else LIMIT
            )
        except subprocess.TimeoutExpired:
            return "timed out"
        return "" if not ended.returncode else (ended.stderr.strip().splitlines() or ["failed"])[-1][:200]

    def ask(self, names: Sequence[str]) -> dict[str, str]:
        """Name -> what is missing of it, by the probe; every name failed when the probe itself does."""
        try:
            ended = subprocess.run(
                [str(self.python), str(PROBE)], input=json.dumps(list(names)), capture_output=True, text=True, timeout=LIMIT
            )
            answers: dict[str, str] = json.loads(ended.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError) as problem:
            return dict.fromkeys(names, f"the probe failed: {type(problem).__name__}")
        return answers

    @property
    def packages(self) -> Path:
        return next((self.folder / "lib").glob("python*/site-packages"))
