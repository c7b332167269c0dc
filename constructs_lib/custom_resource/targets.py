"""Which resources of the app name a function: by name or ARN, literal or as a token, of any alias or version of it."""

import re
from typing import TypeVar

from aws_cdk import Stack, Token
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

#: A resource that has its function's name in `function_name`.
_Resource = TypeVar("_Resource", lambda_.CfnEventInvokeConfig, lambda_.CfnEventSourceMapping)

#: A colon within a token separates nothing.
_PART = re.compile(r"(?:\$\{Token\[[^\]]*\]\}|[^:])+")

#: Name, region and account; a place that is not known at synth is that of the stack.
_Named = tuple[str, str, str]


class Target:
    """A function, as the app's resources name it at this moment.

    Args:
        handler: The function, or an alias or a version of it.
    """

    def __init__(self, handler: lambda_.IFunction) -> None:
        function = handler.lambda_ if isinstance(handler, (lambda_.Alias, lambda_.Version)) else handler
        self.handler = handler
        self._nodes = handler.node.root.node.find_all()
        self._stack = Stack.of(function)
        own = function.function_name
        alike = [
            node for node in self._nodes if isinstance(node, (lambda_.Alias, lambda_.Version)) and _is_of(node, own)
        ]
        self._texts = {text for each in (handler, function, *alike) for text in (each.function_name, each.function_arn)}
        resource = function.node.default_child
        if isinstance(resource, lambda_.CfnFunction):
            name = resource.function_name
            self._texts |= {resource.ref, resource.attr_arn} | ({name} if name is not None else set())
        self._named = {_named(function, text) for text in self._texts}
        self._tokens = {name for name, *_ in self._named if Token.is_unresolved(name)}

    def named_by(self, kind: type[_Resource]) -> list[_Resource]:
        """The app's resources of a kind that are for the function, whatever the qualifier."""
        return [node for node in self._nodes if isinstance(node, kind) and self._is_meant(node, node.function_name)]

    def _is_meant(self, holder: IConstruct, given: str) -> bool:
        named = _named(holder, given)
        name, *_ = named
        if not Token.is_unresolved(name):
            return named in self._named
        # Tokens are unique in the app, what they resolve to is so in a stack only.
        return name in self._tokens or (Stack.of(holder) is self._stack and self._is_the_same_reference(given))

    def _is_the_same_reference(self, given: str) -> bool:
        reference = self._stack.resolve(given)
        return any(reference == self._stack.resolve(text) for text in self._texts)


def _is_of(node: lambda_.Alias | lambda_.Version, function_name: str) -> bool:
    return node.lambda_.function_name == function_name


def _named(holder: IConstruct, text: str) -> _Named:
    """What a name, an ARN or a part of one means to who holds it; the qualifier is left out."""
    parts = _PART.findall(text) or [""]
    at = parts.index("function", 1) if "function" in parts[1:-1] else -1
    # ...:region:account:function:name:qualifier, or name:qualifier
    account, region = (parts[at - back] if at >= back else "" for back in (1, 2))
    stack = Stack.of(holder)
    return parts[at + 1], _known(region, stack.region, stack), _known(account, stack.account, stack)


def _known(given: str, here: str, stack: Stack) -> str:
    return next((place for place in (given, here) if place and not Token.is_unresolved(place)), stack.node.addr)
