"""The proof of the score: for every automated test each of the six conditions is broken on purpose, in memory, and the answer is held
against what was predicted ([0015](docs/decisions/0015-mutation-proof.md))."""
