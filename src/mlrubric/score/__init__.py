"""Pure arithmetic over verdicts: grades of the 28 tests, sections, maturity, the plan."""
