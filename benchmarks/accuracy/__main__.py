"""`python -m benchmarks.accuracy` from the root of the repository."""

import sys

from benchmarks.accuracy.run import main

sys.exit(main())
