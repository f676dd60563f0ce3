"""Read the docstrings' reStructuredText as the Markdown of the site."""

import re

from griffe import Extension

#: What reStructuredText has and Markdown has not, and what it becomes.
_MARKDOWN = (
    # :class:`SCAM`
    (re.compile(r':[a-z]+:`~?([^`]+)`'), r'`\1`'),
    # .. math::, of which the indented block below stays, as code
    (re.compile(r'^ *\.\. (?:code|math)::.*\n', re.MULTILINE), ''),
    # The tree is::
    (re.compile(r'::$', re.MULTILINE), ':'),
)


def as_markdown(text: str) -> str:
    """Write a docstring's reStructuredText as Markdown.

    Args:
        text (str): The docstring.

    Returns:
        str: The same for Markdown; Google's sections stay what they are.
    """
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    return text


class Docstrings(Extension):
    """Rewrite every docstring that is loaded."""

    def on_object(self, *, obj, **kwargs):
        """Rewrite one."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
