"""The one error of the lab."""


class LabError(Exception):
    """Something that the person at the keyboard can act on: the text names the thing and the remedy."""


class UsageError(LabError):
    """The command line makes no sense; ends with exit code 2."""
