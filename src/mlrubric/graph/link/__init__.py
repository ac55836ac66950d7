"""Links between files and formats, one module each: `link(world)` adds nodes and edges; the order is that of `ORDER` in each module."""
