"""The repository as text: which files there are, their text with line and column, and syntax trees with positions."""
