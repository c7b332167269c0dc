"""Which version of the library speaks."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """The version of the wheel; 0.0.0 where the library is not installed, but lies on the path."""
    try:
        return version("constructs-lib")
    except PackageNotFoundError:
        return "0.0.0"
