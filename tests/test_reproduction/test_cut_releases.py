"""Chen et al.'s rows on LISC and BCCD are planned on the cut releases."""

from collections import defaultdict

import pytest
from cell_trees import bccd_kaggle, cut, infos, lisc, lisc_whole
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.preparation.crop_folder import crop_folder
from daffnet_mm.reproduction.methods import DATASETS as NAMES

PARTS = ('train', 'val', 'test')


@pytest.fixture(scope='module')
def lisc_cut(tmp_path_factory):
    """LISC in the release's layout and size, cut by the tool."""
    root = tmp_path_factory.mktemp('lisc')
    crop_folder(lisc_whole(root), root / 'cut', num_workers=1)
    return root / 'cut'


def parts_of(cfg):
    return {
        part: DATASETS.build(cfg[f'{part}_dataloader'].dataset)
        for part in PARTS
    }


def check_groups(parts):
    """No group lies on two sides."""
    sides = defaultdict(set)
    for part, dataset in parts.items():
        for info in infos(dataset):
            sides[info['group']].add(part)
    assert all(len(found) == 1 for found in sides.values())
    return sides


@pytest.mark.parametrize(
    ('table', 'scale'),
    [
        ('chen_table11', 'tiny'),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                ('chen_table11', 'full'),
                ('chen_table12', 'full'),
                ('chen_table12', 'tiny'),
            )
        ),
    ],
)
def test_lisc(make_plan, environment, tmp_path, lisc_cut, table, scale):
    """242 cells: 145, 48 and 49, as in the paper's Table 2."""
    environment(
        LISC_CUT_ROOT=lisc_cut, LISC_CUT_SPLIT_FILE=tmp_path / 'split.csv'
    )
    plan = make_plan(table, [0], ['lisc'], scale=scale)
    plan.prepare()
    rows = {run.method for run in plan.configs}
    assert {'scam', 'scam/peer/resnet50', 'scam/peer/densenet121'} <= rows
    for cfg in plan.configs.values():
        parts = parts_of(cfg)
        assert [len(parts[part]) for part in PARTS] == [145, 48, 49]
        assert len(check_groups(parts)) == 242
    assert (tmp_path / 'split.csv').read_text().count('\n') == 243


def test_all_cells_of_lisc(make_plan, environment, tmp_path, lisc_cut):
    environment(
        LISC_CUT_ROOT=lisc_cut, LISC_CUT_SPLIT_FILE=tmp_path / 'split.csv'
    )
    every = {f'{part}_dataloader.dataset.cells': 'all' for part in PARTS}
    plan = make_plan('chen_table11', [0], ['lisc'], cfg_options=every)
    parts = parts_of(next(iter(plan.configs.values())))
    assert sum(map(len, parts.values())) == 274
    assert len(check_groups(parts)) == 242


def test_bccd(make_plan, environment, tmp_path):
    """The release's own test part, and no copy of a source on two sides."""
    root = cut(bccd_kaggle(tmp_path, copies=4), tmp_path / 'cut')
    environment(BCCD_CUT_ROOT=root)
    plan = make_plan('chen_table11', [0], ['bccd'])
    plan.prepare()
    for cfg in plan.configs.values():
        parts = parts_of(cfg)
        # one a field, although every other has two
        assert sum(map(len, parts.values())) == 4 * (10 + 2) * 4
        # ten sources to train and validate, two to test
        assert len(check_groups(parts)) == 4 * 12
        sources = defaultdict(set)
        for part, dataset in parts.items():
            for info in infos(dataset):
                *_, subset, label, file = info['image_id'].split('/')
                assert (part == 'test') is (subset == 'TEST')
                sources[subset, label, file.split('_')[1]].add(part)
        assert all(len(found) == 1 for found in sources.values())


@pytest.mark.long
def test_rows_of_both_papers_have_folds_of_their_own(
    make_plan, environment, tmp_path, lisc_cut
):
    """One on whole fields, the other on their cells."""
    environment(LISC_ROOT=lisc(tmp_path / 'whole'), LISC_CUT_ROOT=lisc_cut)
    plan = make_plan(
        seeds=[0], datasets=['lisc'], methods=['resnet50', 'scam'], k_fold=3
    )
    plan.prepare()
    tested = defaultdict(list)
    for run, cfg in plan.configs.items():
        parts = parts_of(cfg)
        check_groups(parts)
        tested[run.method] += [i['image_id'] for i in infos(parts['test'])]
    assert len(set(tested['resnet50'])) == len(tested['resnet50']) == 23
    assert len(set(tested['scam'])) == len(tested['scam']) == 242


def test_what_is_missing_is_said_before_the_first_training(
    make_plan, environment, tmp_path
):
    assert {'lisc', 'bccd'} <= set(NAMES)
    environment(LISC_ROOT=lisc(tmp_path), LISC_CUT_ROOT=tmp_path / 'no')
    plan = make_plan(
        seeds=[0], datasets=['lisc'], methods=['resnet50', 'scam']
    )
    with pytest.raises(
        InputError, match='/no does not exist.*cut by `daffnet crop'
    ):
        plan.prepare()
    environment(LISC_CUT_ROOT=tmp_path / 'LISC Database')
    plan = make_plan(seeds=[0], datasets=['lisc'], methods=['scam'])
    with pytest.raises(InputError, match='has no boxes.csv with crops in it'):
        plan.prepare()
