import os

import pytest
from fake_tools import write_fake_tools
from mmengine.registry import init_default_scope

from daffnet_mm.reproduction import Plan, Settings, own_table, paper_table


@pytest.fixture(autouse=True)
def _scope():
    init_default_scope('mmpretrain')


@pytest.fixture
def tools(tmp_path):
    """Fake tools."""
    return write_fake_tools(tmp_path / 'tools')


@pytest.fixture
def make_plan(tmp_path, tools, request):
    """Plan experiments on synthetic cells, with the fake tools."""
    configs = request.config.rootpath / 'configs'

    def make(
        tables='daffnet_table4',
        seeds=(0, 1),
        datasets=('synthetic',),
        methods=None,
        scale='tiny',
        shares=(1,),
        **options,
    ):
        settings = Settings(
            configs, tools, tmp_path / 'out', scale=scale, **options
        )
        if methods:
            declared = [own_table(datasets, methods)]
        else:
            declared = [paper_table(name, datasets) for name in tables.split()]
        return Plan(settings, declared, seeds, shares)

    return make


@pytest.fixture
def environment(monkeypatch):
    """Set environment variables for the data."""

    def set_variables(**variables):
        for name, value in variables.items():
            monkeypatch.setitem(os.environ, name, str(value))

    return set_variables
