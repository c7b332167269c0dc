"""What ends an invocation between two steps."""


class Killed(BaseException):
    """The process is gone. No code of the author's can catch that for good: every further step raises it again."""
