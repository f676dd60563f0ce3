"""The one table of subcommands."""

from typing import NamedTuple


class Subcommand(NamedTuple):
    """A subcommand of ``daffnet``.

    Args:
        name (str): What it is called.
        does (str): What it does, for the list of all.
        module (str): Its module, beside this one.
    """

    name: str
    does: str
    module: str


SUBCOMMANDS = (
    Subcommand('predict', 'tell cell types and attributes', 'predict'),
    Subcommand('fields', 'count the white cells of fields by type', 'fields'),
    Subcommand('explain', 'show where the model looks', 'explain'),
    Subcommand('crop', 'cut the white cells out of fields', 'crop'),
    Subcommand('audit', 'look for what makes figures wrong', 'audit'),
    Subcommand('profile', "measure a laboratory's scale and stain", 'profile'),
    Subcommand('adapt', "teach the model a laboratory's cells", 'adapt'),
    Subcommand(
        'export', 'write the model as ONNX, to run without PyTorch', 'export'
    ),
    Subcommand('serve', 'answer a page in the browser, and programs', 'serve'),
    Subcommand(
        'models', 'list the models and what is known of them', 'models'
    ),
)
