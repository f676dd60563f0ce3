import re
from pathlib import Path

import pytest
import yaml
from tool_process import REPOSITORY

from daffnet_lite.commands.models import main
from daffnet_lite.shipped_files import SHIPPED_CONFIG


@pytest.fixture(scope='module')
def described():
    """The models of all metafiles."""
    return [
        model
        for path in REPOSITORY.glob('configs/**/metafile.yml')
        for model in yaml.safe_load(path.read_text())['Models']
    ]


@pytest.mark.parametrize('width', [60, 80, 200])
def test_all_are_listed_within_the_width(
    described, width, capsys, monkeypatch
):
    monkeypatch.setenv('COLUMNS', str(width))
    assert main([]) == 0
    place, *lines = capsys.readouterr().out.splitlines()
    assert place.startswith('configs: ')
    assert max(map(len, lines)) <= width
    cells = {line.split()[0]: line.split() for line in lines if line.split()}
    # One comes with its weights: that which answers unless one says otherwise.
    (shipped,) = (name for name, row in cells.items() if row[-1] == 'yes')
    assert shipped == Path(SHIPPED_CONFIG).stem
    for model in described:
        row = cells[model['Name']]
        assert row[-1] in ('yes', 'no')
        assert float(row[-2]) == pytest.approx(
            model['Metadata']['Parameters'] / 1e6, abs=0.05
        )
        assert row[-3] == str(model['Metadata']['Input Size'])


def test_figures_are_told(described, capsys):
    main([])
    text = ' '.join(capsys.readouterr().out.split())
    measured = [model for model in described if model.get('Results')]
    assert measured
    for model in measured:
        for result in model['Results']:
            said = re.search(
                f'{model["Name"]}, on {result["Dataset"]}: ([^:]*)', text
            )[1]
            for name, value in result['Metrics'].items():
                assert f'{name} {value:.2f}' in said


def test_configs_are_below_the_folder_that_is_named(described, capsys):
    main([])
    place, *lines = capsys.readouterr().out.splitlines()
    folders = {line.strip() for line in lines if line.startswith('configs/')}
    assert folders == {
        model['Config'].rpartition('/')[0] + '/' for model in described
    }
    assert (REPOSITORY / 'configs').samefile(
        place.removeprefix('configs: ') + '/configs'
    )
