"""What the documents name is there."""

import re
from pathlib import Path

import mmengine.registry
import mmpretrain.registry
import pytest
import yaml
from mmengine.registry import Registry

import daffnet_mm

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in (
        *REPOSITORY.glob('*.md'),
        *REPOSITORY.glob('docs/**/*.md'),
        *REPOSITORY.glob('configs/**/*.md'),
        REPOSITORY / 'daffnet_mm' / 'weights' / 'README.md',
    )
)
LINK = re.compile(r'\]\(([^()\s]+)\)')
#: A file of the project in a command or a sentence, without placeholders.
NAMED_FILE = re.compile(
    r'(?<![\w./-])((?:tools|configs|daffnet_(?:lite|mm)|tests|docs|requirements)/[\w./-]+'
    r'\.(?:py|sh|md|csv|yml|txt|pth))(?![\w*{<])'
)


def read(name):
    return (REPOSITORY / name).read_text(encoding='utf-8')


def without_code(text):
    return re.sub(r'^```.*?^```', '', text, flags=re.DOTALL | re.MULTILINE)


def anchors(text):
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r'^#+ (.+)$', without_code(text), re.MULTILINE)
    return {
        re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
        for heading in headings
    }


@pytest.mark.parametrize('document', DOCUMENTS)
def test_links_lead_somewhere(document):
    for link in LINK.findall(without_code(read(document))):
        if re.match(r'\w+:', link):
            continue
        path, _, anchor = link.partition('#')
        target = (REPOSITORY / document).parent / path if path else document
        target = (REPOSITORY / target).resolve()
        assert target.exists(), f'{document} links to {link}'
        if anchor:
            there = anchors(target.read_text(encoding='utf-8'))
            assert anchor in there, f'{document} links to {link}'


@pytest.mark.parametrize(
    'document',
    # What a log of changes names may be gone.
    [name for name in DOCUMENTS if name != 'CHANGELOG.md'],
)
def test_files_that_are_named_exist(document):
    for name in NAMED_FILE.findall(read(document)):
        if 'my_' not in name:
            assert (REPOSITORY / name).exists(), f'{document} names {name}'


def test_readme_is_short():
    assert len(read('README.md').splitlines()) <= 160


def registered_types():
    """The names of all that the package registers."""
    return {
        name
        for registries in (mmpretrain.registry, mmengine.registry)
        for registry in vars(registries).values()
        if isinstance(registry, Registry)
        for name, part in registry.module_dict.items()
        if part.__module__.partition('.')[0] == 'daffnet_mm'
    }


def test_components_are_all_listed():
    """The table has every registered type of the package, and no other."""
    rows = re.findall(r'^\| .*$', read('docs/components.md'), re.MULTILINE)
    named = set(re.findall(r'`(\w+)`', '\n'.join(rows)))
    assert named == registered_types()


def test_rooms_are_all_described():
    rooms = {
        path.parent.name
        for package in ('daffnet_lite', 'daffnet_mm')
        for path in (REPOSITORY / package).glob('*/__init__.py')
    }
    described = re.findall(
        r'^\| `(\w+)` \|', read('docs/architecture.md'), re.MULTILINE
    )
    # Both packages have a `utils`.
    assert set(described) == rooms


def test_citation_is_of_this_version():
    citation = yaml.safe_load(read('CITATION.cff'))
    assert citation['version'] == daffnet_mm.__version__
    assert citation['license'] == 'Apache-2.0'
    for reference in citation['references']:
        assert reference['authors'] and reference['title']
        assert 'doi' in reference or 'url' in reference
