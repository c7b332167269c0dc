"""The table in memory and virtual time, for the slices' test kits."""
