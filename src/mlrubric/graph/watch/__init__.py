"""Monitoring: which rules run, whom they tell, which metrics they read, and what these metrics are about."""
