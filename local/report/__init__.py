"""What an experiment leaves behind: one table, one JSON file, one HTML page, one picture."""
