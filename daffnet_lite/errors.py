"""What a user's input causes, as against an error of the program."""


class InputError(ValueError):
    """Something that the user gave is wrong, and one sentence says what.

    The message names the file or value, what was expected and what to do. The
    command line tools print it without a traceback and exit with status 2.
    """


class InputWarning(UserWarning):
    """Something of the user's input is read otherwise than they may think.

    One sentence, which the command line tools print to the standard error.
    """


class BrokenImageWarning(InputWarning):
    """An image of a test cannot be read, and is left out.

    The command line tools name it on the standard error, do the rest, and end
    with status 1.
    """
