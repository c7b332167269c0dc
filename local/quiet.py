"""What the demo's servers have in common: they do not mind a caller that was killed, and keep the terminal clean."""

from http.server import BaseHTTPRequestHandler


class QuietHandler(BaseHTTPRequestHandler):
    """One connection's requests."""

    def handle_one_request(self) -> None:
        """Do not mind a caller that was killed."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep the terminal clean."""
