"""The delayed-check experiment's report."""
