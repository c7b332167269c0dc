"""The flow-control experiment's report."""
