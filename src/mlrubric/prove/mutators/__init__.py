"""One module for each of the six conditions: `edits(site)` gives the changes that break it on a path, the most natural first."""
