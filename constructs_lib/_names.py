"""Physical names that are known before anything is deployed."""

from hashlib import sha256

from aws_cdk import Stack
from constructs import Construct


def physical_name(scope: Construct, ending: str = "", *, longest: int) -> str:
    """A name that differs between stacks, deployments of one stack under several names, and constructs of a stack.

    It consists of ASCII letters, digits and hyphens, but for what the `ending` has.
    """
    stack = Stack.of(scope)
    within = [each.node.id for each in scope.node.scopes[len(stack.node.scopes) :]]
    while stack.nested_stack_parent is not None:
        stack = stack.nested_stack_parent
    digest = sha256(f"{stack.stack_name}/{scope.node.path}".encode()).hexdigest()[:8]
    unique = f"-{digest}{ending}"
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in "-".join([stack.stack_name, *within]))
    return readable[: longest - len(unique)] + unique
