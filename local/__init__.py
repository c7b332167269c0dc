"""The laptop's side: an embedded AWS emulator, deployments to it, and the experiments. Not in the wheel."""
