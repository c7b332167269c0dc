"""The custom-resource experiment's report."""
