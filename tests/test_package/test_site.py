"""The documents as a site: what its links lead to, and what it refuses."""

import pkgutil
import re
import runpy
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from test_documents import registered_types

pytest.importorskip(
    'mkdocs', reason='pip install -r requirements/docs.txt brings MkDocs'
)
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

import daffnet_lite

REPOSITORY = Path(__file__).resolve().parents[2]
HOOKS = REPOSITORY / 'docs' / 'mkdocs'


class Page(HTMLParser):
    """The anchors of a page, and where its links and pictures lead."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), set()
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.add(attrs.get('id'))
        for name in ('href', 'src'):
            if attrs.get(name):
                self.links.add(attrs[name])


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """The pages, by their paths in the site."""
    folder = tmp_path_factory.mktemp('site')
    build(load_config(str(REPOSITORY / 'mkdocs.yml'), site_dir=str(folder)))
    return {path.resolve(): Page(path) for path in folder.rglob('*.html')}


@pytest.mark.slow
def test_links_of_the_site_lead_somewhere(site):
    followed = 0
    for path, page in site.items():
        if path.name == '404.html':  # its links begin at the host's root
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve()
            target = target / 'index.html' if target.is_dir() else target
            target = target if parts.path else path
            assert target.exists(), f'{path} links to {link}'
            if parts.fragment and target in site:
                anchors = site[target].anchors
                assert unquote(parts.fragment) in anchors, f'{path}: {link}'
            followed += 1
    assert followed > 1000


@pytest.mark.slow
def test_documents_beside_the_folder_are_pages(site):
    (root,) = {p.parent for p in site if p.name == '404.html'}
    start = site[root / 'index.html'].links
    assert {
        'configs/daffnet/',
        'daffnet_mm/weights/',
        'CITATION.cff',
        'data/#a-laboratorys-profile',
        'images/answer.jpg',
    } <= start
    assert (root / 'images' / 'answer.jpg').is_file()
    assert (root / 'notebooks' / 'predict.ipynb').is_file()
    assert not list(root.rglob('*.py'))


@pytest.mark.slow
def test_every_registered_type_is_in_the_reference(site):
    described = {
        anchor.rpartition('.')[2]
        for path, page in site.items()
        if path.parent.parent.name == 'reference'
        for anchor in page.anchors
        if anchor and anchor.startswith('daffnet_mm.')
    }
    assert registered_types() <= described


@pytest.mark.slow
def test_what_the_rooms_of_the_light_package_show_is_in_the_reference(site):
    described = set().union(*(page.anchors for page in site.values()))
    shown = {
        f'{module.name}.{name}'
        for module in pkgutil.iter_modules(daffnet_lite.__path__)
        if module.ispkg
        for room in [import_module(f'daffnet_lite.{module.name}')]
        for name in getattr(room, '__all__', ())
        if callable(getattr(room, name))
    }
    assert shown
    assert {f'daffnet_lite.{name}' for name in shown} <= described


@pytest.mark.parametrize(
    ('document', 'link', 'led'),
    [
        ('README.md', 'docs/data.md#splits', 'data.md#splits'),
        ('README.md', 'configs/scam/README.md', 'configs/scam/README.md'),
        ('docs/data.md', 'results.md#a', 'results.md#a'),
        ('docs/data.md', '../README.md', 'README.md'),
        ('docs/how_to/x.md', '../../README.md', '../README.md'),
        ('docs/how_to/x.md', '../data.md', '../data.md'),
        ('configs/scam/README.md', '../../docs/a.md', '../../a.md'),
        ('configs/scam/README.md', 'https://a.org/b.md', 'https://a.org/b.md'),
        ('docs/data.md', '#splits', '#splits'),
    ],
)
def test_links_are_led_from_page_to_page(document, link, led):
    lead_links = runpy.run_path(str(HOOKS / 'repository.py'))['lead_links']
    text = 'A [link]({}).\n\n```python\nx[0](docs/a.md)\n```\n'
    assert lead_links(text.format(link), document) == text.format(led)


@pytest.fixture
def project(tmp_path):
    """A repository of two documents."""
    (tmp_path / 'docs').mkdir()
    (tmp_path / 'README.md').write_text('# Start\n\n[b](docs/b.md#here)\n')
    (tmp_path / 'docs' / 'b.md').write_text('# Here\n\n[a](../README.md)\n')
    settings = (REPOSITORY / 'mkdocs.yml').read_text(encoding='utf-8')
    (tmp_path / 'mkdocs.yml').write_text(
        f'site_name: a\nstrict: true\nplugins: []\nhooks: [{HOOKS}/'
        'repository.py]\n' + settings[settings.index('validation:') :]
    )
    return tmp_path


@pytest.mark.parametrize(
    'link', ['', '../README.md', '../LICENSE', 'c.md', '#no', '/b.md']
)
def test_broken_links_end_the_build(project, link):
    if link:
        with (project / 'docs' / 'b.md').open('a') as file:
            file.write(f'\n[more]({link})\n')
    config = load_config(
        str(project / 'mkdocs.yml'), site_dir=str(project / 'site')
    )
    if link in ('', '../README.md'):
        build(config)
        start = Page(project / 'site' / 'index.html')
        assert 'b/#here' in start.links
        return
    with pytest.raises(Abort, match='1 warning'):
        build(config)


def test_docstrings_become_markdown():
    as_markdown = runpy.run_path(str(HOOKS / 'docstrings.py'))['as_markdown']
    text = as_markdown(
        'As :class:`~daffnet_mm.models.SCAM` has it, see :func:`x`::\n\n'
        '    tree\n\n.. math::\n\n    x :y:\n\nArgs:\n    a (int): ``b``.\n'
    )
    assert text == (
        'As `daffnet_mm.models.SCAM` has it, see `x`:\n\n'
        '    tree\n\n\n    x :y:\n\nArgs:\n    a (int): ``b``.\n'
    )
    assert not re.search(r':\w+:`', text)
