"""Measurements that anyone with the repository and some checkouts can repeat."""
