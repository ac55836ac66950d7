"""The command line: arguments in, an exit status out. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as of typing, which costs as much to import as argparse
if TYPE_CHECKING:
    from collections.abc import Sequence

OK, GATE, USAGE, INTERNAL = 0, 1, 2, 3


class UsageError(Exception):
    """The command line cannot be carried out as it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the only place where an exception becomes an exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    from mlrubric.cli.arguments import parse

    options = parse(given)
    try:
        return _run(options)
    except BrokenPipeError:  # the reader has seen enough, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        print("mlrubric: interrupted", file=sys.stderr)
        return 130


def _run(options: object) -> int:
    from mlrubric.cli.deadline import DeadlinePassed

    try:
        from mlrubric.cli.commands import run

        return run(options)
    except UsageError as error:
        return _say(str(error), USAGE)
    except DeadlinePassed as error:
        return _say(str(error), INTERNAL)
    except BrokenPipeError:
        raise
    except Exception as error:
        return _failed(error)


def _say(message: str, status: int) -> int:
    print(f"mlrubric: error: {message}", file=sys.stderr)
    return status


def _failed(error: Exception) -> int:
    """Configuration and rule errors are the user's to mend; everything else is ours."""
    from mlrubric.config import ConfigError
    from mlrubric.rules.rule import RuleError

    if isinstance(error, (ConfigError, RuleError)):
        return _say(str(error), USAGE)
    if os.environ.get("MLRUBRIC_DEBUG"):
        import traceback

        traceback.print_exception(error)
    first = str(error).split("\n", 1)[0]
    _say(f"internal error: {type(error).__name__}: {first}".rstrip(": "), INTERNAL)
    print(
        "This is a defect of mlrubric, not of your repository. MLRUBRIC_DEBUG=1 shows where it happened;\n"
        "please report it with that output as an issue of the mlrubric project.",
        file=sys.stderr,
    )
    return INTERNAL
