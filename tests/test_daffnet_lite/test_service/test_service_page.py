"""The page in a browser, where there is one."""

import csv
import io
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from fields import painted_field
from running_service import RunningService

from daffnet_lite.answers import differential_count

sync = pytest.importorskip(
    'playwright.sync_api', reason='pip install playwright drives the browser'
)
pytest.importorskip('fastapi')
pytest.importorskip('onnxruntime')

from daffnet_lite.onnx import OnnxClassifier  # noqa: E402

pytestmark = pytest.mark.long


@pytest.fixture(scope='module')
def browser():
    program = shutil.which('chromium') or shutil.which('chromium-browser')
    if program is None:
        pytest.skip('no Chromium here')
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=['--no-sandbox']
        )
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def service(exported, tmp_path_factory):
    folder = tmp_path_factory.mktemp('service')
    with RunningService(
        exported.path, temporary=folder / 'temporary'
    ) as service:
        yield service


@pytest.fixture
def page(browser, service):
    """The page, which asks nothing of any other place and has no fault."""
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    asked, faults = [], []
    page.on('request', lambda request: asked.append(request.url))
    page.on('pageerror', lambda error: faults.append(str(error)))
    page.on(
        'console',
        lambda said: faults.append(said.text) if said.type == 'error' else 0,
    )
    page.goto(f'{service.address}/')
    page.asked, page.faults = asked, faults
    yield page
    local = (f'{service.address}/', 'data:', 'blob:')
    assert asked and all(url.startswith(local) for url in asked)
    # A refusal is an error to a browser's console.
    assert not [f for f in faults if 'status of 4' not in f]
    context.close()


def chosen(page, *files):
    page.get_by_label('Pictures', exact=True).set_input_files(files)


def done(page):
    page.get_by_role('heading', name='Results').wait_for()


def test_cells(page, exported):
    paths = exported.cells[:5]
    wanted = OnnxClassifier(exported.path)(paths)
    assert page.get_by_text('Not for diagnosis').is_visible()
    assert page.get_by_role('button', name='Predict').is_disabled()
    chosen(page, *paths)
    assert '5 pictures' in page.locator('#chosen').inner_text()
    page.get_by_role('button', name='Predict').click()
    done(page)
    cards = page.locator('.card').all()
    assert len(cards) == 5
    for card, cell in zip(cards, wanted, strict=True):
        text = card.inner_text()
        assert text.startswith(cell['pred_class'])
        assert Path(cell['image']).name in text
        for name, said in cell['attributes'].items():
            row = card.get_by_role('row', name=name.replace('_', ' ')).first
            assert said['value'] in row.inner_text()
        picture = card.get_by_role('img')
        assert picture.get_attribute('alt').endswith(Path(cell['image']).name)
        assert picture.evaluate('node => node.naturalWidth') > 0
    count = page.get_by_role('table', name='Of 5 cells')
    numbers = {
        row.get_by_role('rowheader').inner_text(): row.get_by_role(
            'cell'
        ).all_inner_texts()
        for row in count.get_by_role('row').all()[1:]
    }
    assert numbers['neutrophil'][3] == '50 to 70'
    for row in differential_count(
        [cell['pred_class'] for cell in wanted], list(numbers)
    ):
        # No narrower than it is.
        low, high = map(float, numbers[row['cell_type']][2].split(' to '))
        assert 0 <= row['low'] - low < 0.1 and 0 <= high - row['high'] < 0.1
    assert sum(int(texts[0]) for texts in numbers.values()) == 5
    assert 'Chen et al. 2022' in page.locator('#source').inner_text()
    reasons = page.get_by_role('table', name='Cells to look at again')
    again = [cell for cell in wanted if cell['review']]
    if again:
        text = reasons.inner_text()
        assert all(cell['review'] in text for cell in again)
    status = page.get_by_role('status').inner_text()
    assert status.startswith(f'5 cells, {len(again)} to look at again')


def test_downloads(page, exported, service):
    paths = exported.cells[:3]
    chosen(page, *paths)
    page.get_by_role('button', name='Predict').click()
    done(page)
    with page.expect_download() as download:
        page.get_by_role('button', name='Download CSV').click()
    assert download.value.suggested_filename == 'cells.csv'
    text = Path(download.value.path()).read_text('utf-8')
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths]
    _, _, wanted = service.post('/predict?format=csv', files)
    rows, expected = (
        list(csv.reader(io.StringIO(part))) for part in (text, wanted.decode())
    )
    assert rows[0] == expected[0]
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    with page.expect_download() as download:
        page.get_by_role('button', name='Download report').click()
    assert download.value.suggested_filename == 'report.html'
    report = Path(download.value.path()).read_text('utf-8')
    assert 'Differential count of 3 white blood cells' in report


def test_fields(page, tmp_path):
    field = tmp_path / 'field.png'
    cv2.imwrite(str(field), painted_field([(150, 150), (400, 300)]))
    empty = tmp_path / 'empty.png'
    cv2.imwrite(str(empty), np.full((300, 400, 3), 240, 'u1'))
    chosen(page, str(field), str(empty))
    page.get_by_label('They are fields of a smear').check()
    page.get_by_role('button', name='Predict').click()
    done(page)
    assert page.locator('.card').count() == 2
    pictures = page.locator('figure img').all()
    assert len(pictures) == 2
    assert 'field.png: 2 white cells' in pictures[0].get_attribute('alt')
    assert 'empty.png: 0 white cells.' in pictures[1].get_attribute('alt')
    assert pictures[0].evaluate('node => node.naturalWidth') == 640
    assert '2 cells in 2 fields' in page.get_by_role('status').inner_text()


def test_dropping(page, exported):
    """As from a folder: a drop of two files, one of which is no picture."""
    content = Path(exported.cells[0]).read_bytes()
    page.evaluate(
        """bytes => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(bytes)], 'a.png'));
          dropped.items.add(new File(['x'], '<b>bold.png'));
          document.getElementById('drop').dispatchEvent(
            new DragEvent('drop', {dataTransfer: dropped, bubbles: true,
                                   cancelable: true}));
        }""",
        list(content),
    )
    page.get_by_role('button', name='Predict').click()
    done(page)
    assert page.locator('.card').count() == 1
    assert page.locator('b').count() == 0
    errors = page.get_by_role('region', name='Without an answer')
    assert 'image <b>bold.png cannot be read' in errors.inner_text()


def test_by_the_keyboard_alone(page, exported):
    chosen(page, *exported.cells[:2])  # a dialogue of the system's
    page.get_by_label('Pictures', exact=True).focus()
    for label in ('They are fields of a smear', 'Take each picture by itself'):
        page.keyboard.press('Tab')
        focused = page.locator(':focus')
        assert focused.evaluate('node => node.labels[0].textContent') == label
    page.keyboard.press('Space')
    assert page.get_by_label('Take each picture by itself').is_checked()
    page.keyboard.press('Tab')
    assert page.locator(':focus').inner_text() == 'Predict'
    outline = page.locator(':focus').evaluate(
        'node => getComputedStyle(node).outlineStyle'
    )
    assert outline == 'solid'
    page.keyboard.press('Enter')
    done(page)
    # From the results the next stop is their first button.
    page.locator('#results:focus').wait_for()
    page.keyboard.press('Tab')
    assert page.locator(':focus').inner_text() == 'Download CSV'
    with page.expect_download():
        page.keyboard.press('Enter')


def test_a_refusal_and_aborting(page, exported, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(b'x')
    chosen(page, str(broken))
    page.get_by_role('button', name='Predict').click()
    alert = page.get_by_role('alert').filter(has_text='Error')
    alert.wait_for()
    assert 'image broken.png cannot be read' in alert.inner_text()
    assert not page.get_by_role('heading', name='Results').is_visible()
    chosen(page, *exported.cells * 10)
    page.get_by_role('button', name='Predict').click()
    page.get_by_role('button', name='Abort').click()
    page.get_by_role('status').filter(has_text='Aborted.').wait_for()
    assert page.get_by_role('button', name='Predict').is_enabled()
    assert alert.count() == 0


def test_what_a_screen_reader_is_told(page, exported):
    chosen(page, *exported.cells[:2])
    page.get_by_role('button', name='Predict').click()
    done(page)
    assert page.locator('html').get_attribute('lang') == 'en'
    assert page.get_by_role('heading', level=1).count() == 1
    for role in ('banner', 'main', 'contentinfo', 'status'):
        assert page.get_by_role(role).count() == 1, role
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, button, img, table')]
          .filter(node => !node.closest('[hidden]'))
          .filter(node => !(node.labels && node.labels.length)
            && !node.textContent.trim() && !node.getAttribute('alt'))
          .map(node => node.outerHTML)"""
    )
    assert unnamed == []
    assert page.locator('th:not([scope])').count() == 0
    assert page.locator('table:not(:has(caption))').count() == 0


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_contrast(page, exported, scheme):
    """4.5 to 1, of all texts against what is behind them."""
    page.emulate_media(color_scheme=scheme)
    chosen(page, *exported.cells[:2])
    page.get_by_role('button', name='Predict').click()
    done(page)
    poor = page.evaluate(
        """() => {
          const rgb = text => text.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = node => {
            for (; node; node = node.parentElement) {
              const c = rgb(getComputedStyle(node).backgroundColor);
              if (c.length === 3 || c[3] === 1) return c;
            }
            return [255, 255, 255];
          };
          return [...document.querySelectorAll('body *')]
            .filter(node => node.checkVisibility() && [...node.childNodes]
              .some(c => c.nodeType === 3 && c.textContent.trim()))
            .map(node => {
              const [a, b] = [light(rgb(getComputedStyle(node).color)),
                              light(ground(node))];
              const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
              return [ratio, node.outerHTML.slice(0, 80)];
            })
            .filter(([ratio]) => ratio < 4.5);
        }"""
    )
    assert poor == []


def test_a_narrow_screen(page, exported):
    page.set_viewport_size(dict(width=320, height=640))
    chosen(page, *exported.cells[:2])
    page.get_by_role('button', name='Predict').click()
    done(page)
    width = page.evaluate('document.documentElement.scrollWidth')
    assert width <= 320


def test_the_description(page, service):
    page.goto(f'{service.address}/docs')
    assert page.get_by_role('heading', name='POST /predict').is_visible()
    assert page.get_by_role('link', name='The page').is_visible()
