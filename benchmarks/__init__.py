"""Measurements that are run by hand: accuracy on public test programs."""
