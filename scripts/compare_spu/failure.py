"""Why there is no comparison."""


class Failure(Exception):
    """Its text names the culprit."""
