"""Read a synopsis: ``tool A|B [--option VALUE] ...``."""

import re

_SYNOPSIS = re.compile(
    r'(?:^|\s)\[|\[=|\w\|[\w-]|(?:^|\s)\.\.\.(?:\s|$)|\s\|\s-'
)
_REPEATED = re.compile(r'(?:^|(?<=\s))\.\.\.(?=\s|$)')


def is_synopsis(text):
    """Tell a synopsis from a command line as one types it."""
    return bool(_SYNOPSIS.search(re.sub('"[^"]*"|\'[^\']*\'', '', text)))


def shortest(text):
    """Leave out all that may be left out."""
    while text != (text := re.sub(r'\s*\[[^\[\]]*\]', '', text)):
        pass
    return _choices(text)[0]


def fullest(text):
    """Say all that can be said; one line for each choice."""
    # other programs' arguments are no choice of ours
    text = re.sub(r'\[arguments[^\]]*\]', '', text)
    return _choices(re.sub(r'[\[\]]', '', text))


def _choices(text):
    words = _REPEATED.sub('', re.sub(r'\s\|\s(?=-)', '|', text)).split()
    choices = [word.split('|') for word in words]
    number = max(map(len, choices))
    return [
        ' '.join(choice[min(i, len(choice) - 1)] for choice in choices)
        for i in range(number)
    ]
