"""What an experiment ran on, for its report."""

import os
import platform


def machine() -> str:
    """The machine in words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
