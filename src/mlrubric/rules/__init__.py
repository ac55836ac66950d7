"""What is judged: rules as TOML, the six shapes they are instances of, and the judge that turns verdicts into findings."""
