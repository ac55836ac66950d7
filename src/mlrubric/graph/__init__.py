"""The graph over the repository: resolution of names and values, links across files and formats, roles, queries."""
