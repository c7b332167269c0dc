"""What a user of the laptop demo may see go wrong, in their words."""


class LocalError(Exception):
    """Something outside this code is not as it must be: the message says what, which value, and the fix.

    Args:
        message: One line for the terminal; lines after the first are evidence, such as the end of a log.
        exit_code: What the command ends with: 1 when something failed, 2 when it was asked for the impossible.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def last_lines(text: str, count: int = 12) -> str:
    """The end of a log, indented to stand under a message."""
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(f"  {line}" for line in lines[-count:]) or "  (it wrote nothing)"
