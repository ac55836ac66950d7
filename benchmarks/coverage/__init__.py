"""How many of the calls into libraries are understood, over a folder of checkouts."""
