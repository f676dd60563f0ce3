"""List the models that there are configs for, and what is known of them.

Usage:
    daffnet models

A line a model: its name, on what it is trained, the side of its images in
pixels, its parameters in millions, and whether its weights come with the
package; below, the figures of those that were measured.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

from daffnet_lite.shipped_files import SHIPPED_CONFIG, shipped_file
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors

if TYPE_CHECKING:
    from rich.table import Table

#: The list of the files that describe the models.
INDEX = '.mim/model-index.yml'
#: Before the models of a folder.
INDENT = '  '


def build_parser() -> ToolParser:
    """Describe the command line."""
    return ToolParser(__doc__, prog='daffnet models')


def read_models(index: Path) -> list[dict[str, Any]]:
    """Read what is known of the models.

    Args:
        index (Path): The list of metafiles, which lie below its folder.

    Returns:
        list[dict]: The models, as their metafiles describe them.
    """
    import yaml

    def read(path: Path) -> dict:
        return yaml.safe_load(path.read_text(encoding='utf-8'))

    return [
        model
        for name in read(index)['Import']
        for model in read(index.parent / name)['Models']
    ]


def model_table(models: Sequence[dict[str, Any]]) -> 'Table':
    """Lay the models out, below the folders that their configs are in."""
    from rich.table import Table

    folders: dict[Path, list[dict]] = {}
    for model in models:
        folders.setdefault(Path(model['Config']).parent, []).append(model)
    table = Table(box=None, pad_edge=False)
    table.add_column('model', no_wrap=True)
    # This one gives way where the terminal is narrow.
    table.add_column('trained on')
    for heading in ('pixels', 'million'):
        table.add_column(heading, justify='right', no_wrap=True)
    table.add_column('weights', no_wrap=True)
    for folder, inside in folders.items():
        table.add_row(f'{folder}/')
        for model in inside:
            table.add_row(*_row(model))
    return table


def _row(model: dict[str, Any]) -> Iterator[str]:
    config, about = Path(model['Config']), model['Metadata']
    # Almost all configs are called as their models.
    called = '' if config.stem == model['Name'] else f'\n{INDENT}{config.name}'
    yield indent(f'{model["Name"]}{called}', INDENT)
    data = about['Training Data']
    yield data if isinstance(data, str) else ', '.join(data)
    yield str(about['Input Size'])
    yield f'{about["Parameters"] / 1e6:.1f}'
    ships = f'.mim/{model["Config"]}' == SHIPPED_CONFIG
    yield 'yes' if ships else 'no'


def figures(models: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Say what was measured."""
    for model in models:
        for result in model.get('Results', ()):
            values = ', '.join(
                f'{name} {value:.2f}'
                for name, value in result['Metrics'].items()
            )
            yield f'{model["Name"]}, on {result["Dataset"]}: {values}'


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 0.
    """
    build_parser().parse_checked(argv)
    with one_sentence_errors():
        index = Path(shipped_file(INDEX))
        models = read_models(index)
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f'configs: {index.parent}', soft_wrap=True)
    console.print()
    console.print(model_table(models))
    console.print('\nmeasured, in percent:')
    for line in figures(models):
        console.print(line)
    return 0
