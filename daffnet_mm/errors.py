"""The error that a user's input causes, as against one of the program."""


class InputError(ValueError):
    """Something that the user gave is wrong, and one sentence says what.

    The message names the file or value, what was expected and what to do. The
    command line tools print it without a traceback and exit with status 2.
    """
