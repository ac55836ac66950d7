"""`python -m mlrubric` is the command."""

from __future__ import annotations

import sys

from mlrubric.cli import main

sys.exit(main())
