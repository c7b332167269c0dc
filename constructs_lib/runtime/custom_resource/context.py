"""What an author's method is told about the request, and what it may tell before it returns."""

from collections.abc import Callable, Mapping
from typing import NoReturn

from constructs_lib.runtime.custom_resource.outcome import check_id, is_number
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.token import as_uuid, tags

#: Methods that make a resource, and may therefore say that they have.
_MAKERS = ("create", "update")


class ControlFlow(BaseException):
    """Ends an author's method from inside; not an Exception, so that a broad `except Exception` cannot swallow it."""


class Replace(ControlFlow):
    """The resource must be made anew."""


class LeaseLost(ControlFlow):
    """Another invocation has taken the request over: whatever this one does from here on is discarded."""


class Context:
    """`ctx`: a new one for each call of a method.

    Attributes:
        token: 52 lower-case letters and digits, the same whenever this request is tried again, and others for any
            other request. Hand it to the vendor as the idempotency token, or write it on what you make.
        request_id: CloudFormation's id of the request.
        stack_id: The stack's ARN.
        logical_id: The resource's name in the template.
        resource_type: Such as "Custom::Elastigroup".
    """

    __slots__ = (
        "_checkpoint",
        "_created",
        "_lost",
        "_method",
        "_open",
        "_remaining",
        "_request",
        "logical_id",
        "request_id",
        "resource_type",
        "stack_id",
        "token",
    )

    def __init__(
        self,
        request: Request,
        *,
        token: str,
        method: str,
        remaining: Callable[[], float],
        checkpoint: Callable[[str], bool],
    ) -> None:
        self.token = token
        self.request_id = request.request_id
        self.stack_id = request.stack_id
        self.logical_id = request.logical_id
        self.resource_type = request.resource_type
        self._request = request
        self._method = method
        self._remaining = remaining
        self._checkpoint = checkpoint
        self._created: str | None = None
        self._lost = False
        self._open = True

    @property
    def uuid(self) -> str:
        """The token for a vendor who wants a UUID."""
        return as_uuid(self.token)

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags for what is made: the token, by which `find` finds it again, and for people the stack and logical id."""
        return tags(self._request, self.token)

    @property
    def remaining(self) -> float:
        """Seconds that the method may still take; the time to record and send the answer is taken off already."""
        return max(0.0, self._remaining())

    def created(self, physical_id: str) -> None:
        """Record, before anything else is done, that a resource exists.

        From here on it is known whatever happens: a rollback can delete it, and a second try can adopt it. This is a
        write to the provider's table; where that cannot be reached, the id is recorded with the method's outcome.

        If another invocation has taken the request over in the meantime, this does not return: it ends the method.

        Raises:
            TypeError: The id is not text. (As text, it is recorded all the same: the resource exists.)
            ValueError: CloudFormation would not take the id; or there was another: one request makes one resource.
            RuntimeError: Called in a method that makes nothing, or after the method has ended.
        """
        if self._lost:
            raise LeaseLost
        if self._method not in _MAKERS or not self._open:
            msg = f"ctx.created() belongs in create or update, it was called {self._where()}"
            raise RuntimeError(msg)
        text = str(physical_id) if is_number(physical_id) else physical_id
        check_id(text, "ctx.created()")
        if self._created not in (None, text):
            msg = f"ctx.created({text!r}) came after ctx.created({self._created!r}): one request makes one resource"
            raise ValueError(msg)
        if self._created is None:
            self._created = text
            if not self._checkpoint(text):
                self._lost = True
                raise LeaseLost
        check_id(physical_id, "ctx.created()")

    def replace(self) -> NoReturn:
        """End `update`: the resource cannot be changed; `create` makes a new one, and CloudFormation deletes the old.

        It does not return; `return ctx.replace()` reads well.

        Raises:
            RuntimeError: Called in another method than `update`.
        """
        if self._method != "update" or not self._open:
            msg = f"ctx.replace() belongs in update, it was called {self._where()}"
            raise RuntimeError(msg)
        raise Replace

    def _where(self) -> str:
        return f"in {self._method}" if self._open else f"after {self._method} had ended"

    def _close(self) -> tuple[str | None, bool]:
        """End the method: a thread that it left behind records nothing any more.

        Returns:
            The id that it recorded; and whether the lease was found lost, even if the method swallowed that.
        """
        self._open = False
        return self._created, self._lost
