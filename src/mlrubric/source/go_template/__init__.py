"""Go templates as Helm uses them: parsed, and rendered with values that are known; every piece of what comes out knows its line."""
