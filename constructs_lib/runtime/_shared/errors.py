"""What a step raises that could not be done.

Exception
└── Unanswered              nothing is known to have happened: the invocation ends, and a later one tries again
    └── TableUnavailable    the table could not be read or written
"""


class Unanswered(Exception):
    """This invocation could not answer; the next one tries again."""


class TableUnavailable(Unanswered):
    """DynamoDB did not answer, throttled, or refused."""
