"""Bring the documents beside ``docs/`` into the site, and lead links there.

Documents link as GitHub reads them: from file to file of the repository. In
the site the files of ``docs/`` stand beside those of the repository's root, so
links are led anew when a page is read. What is linked and is neither in
``docs/`` nor named here is told by MkDocs, and ends a strict build.
"""

import re
from pathlib import Path
from posixpath import dirname, normpath, relpath

from mkdocs.structure.files import File

DOCS = 'docs/'
#: Documents that become pages, README.md the first one, and linked files.
BESIDE = (
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'CITATION.cff',
    'LICENSE',
    'configs/*/README.md',
    'daffnet_mm/weights/README.md',
)
_CODE = re.compile(r'(^ *```.*?^ *```$)', re.DOTALL | re.MULTILINE)
_LINK = re.compile(r'(?<=\]\()([^()\s#]+)(?=[)#])')


def lead_links(markdown: str, document: str) -> str:
    """Write the links of a document as the site needs them.

    Args:
        markdown (str): The document.
        document (str): Its path in the repository.

    Returns:
        str: The document, whose links lead from page to page of the site.
    """
    page = document.removeprefix(DOCS)

    def lead(link: re.Match) -> str:
        if re.match(r'\w+:|/', link[0]):
            return link[0]
        target = normpath(f'{dirname(document) or "."}/{link[0]}')
        return relpath(target.removeprefix(DOCS), dirname(page) or '.')

    # Every other part is a block of code.
    parts = _CODE.split(markdown)
    parts[::2] = [_LINK.sub(lead, part) for part in parts[::2]]
    return ''.join(parts)


def on_files(files, config):
    """Add the documents beside ``docs/``."""
    root = Path(config.config_file_path).parent
    for pattern in BESIDE:
        for path in sorted(root.glob(pattern)):
            name = path.relative_to(root).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Lead the links of a page."""
    root = Path(config.config_file_path).parent
    document = Path(page.file.abs_src_path).relative_to(root)
    return lead_links(markdown, document.as_posix())
