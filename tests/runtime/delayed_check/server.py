"""AWS, as far as an HTTP server on this machine can play it."""

from collections.abc import Callable

from tests.runtime.custom_resource.loopback import Loopback

#: Gives the server its answers, the last of which it repeats.
Server = Callable[..., Loopback]
