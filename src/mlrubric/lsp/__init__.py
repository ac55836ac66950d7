"""The editor server: findings of the open files, from an analysis of the whole repository."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from mlrubric.lsp.session import Analyse

MISSING = "mlrubric lsp needs the extra `lsp`: pip install 'mlrubric[lsp]'"


def serve(analyse: Analyse) -> int:
    """Speaks the Language Server Protocol over standard input and output until the client leaves; the exit status."""
    if find_spec("pygls") is None or find_spec("lsprotocol") is None:
        print(MISSING, file=sys.stderr)
        return 2
    from mlrubric.lsp.server import create

    # Whatever prints by mistake must not speak into the protocol.
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    create(analyse).start_io(stdin, stdout)
    return 0
