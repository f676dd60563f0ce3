import pytest

from daffnet_mm.audit.audit_source import AuditSample, AuditSource
from daffnet_mm.audit.crops_in_fields import CropPlace
from daffnet_mm.audit.duplicates import (
    Link,
    Samples,
    count_links,
    find_attribute_conflicts,
    find_conflicts,
    find_leaks,
    join_groups,
    link_crops,
)


def sample(name, label='monocyte', part=None, group=None, box=None):
    return AuditSample(
        name,
        path=f'/{name.partition("#")[0]}',
        label=label,
        group=group or name,
        parts={part} - {None},
        box=box,
    )


def source(title, *samples):
    return AuditSource(title, title, '', [], list(samples))


@pytest.fixture
def samples():
    return Samples(
        [
            source(
                'A',
                sample('1', part='train'),
                sample('2', part='test'),
                sample('3', part='train'),
                sample('4', 'neutrophil', 'train'),
                sample('5', 'neutrophil_band', 'val', group='4'),
            ),
            source('B', sample('1'), sample('9', 'lymphocyte', part='train')),
        ]
    )


def leaks(samples, links):
    return find_leaks(samples, links, join_groups(samples, links))


def test_a_group_on_two_sides(samples):
    (leak,) = leaks(samples, [])
    assert leak == dict(
        because=['same group'], parts=dict(train=['A/4'], val=['A/5'])
    )


def test_copies_on_two_sides(samples):
    links = [
        Link('A/1', 'A/2', 'near duplicate'),
        Link('A/1', 'A/3', 'same pixels'),
    ]
    leak, _ = leaks(samples, links)
    # the exact copy is on one side and no part of the reason
    assert leak == dict(
        because=['near duplicate'],
        parts=dict(test=['A/2'], train=['A/1', 'A/3']),
    )


def test_copies_in_a_chain_over_another_dataset(samples):
    links = [
        Link('A/1', 'B/1', 'same file'),
        Link('A/2', 'B/1', 'near duplicate'),
    ]
    leak, _ = leaks(samples, links)
    assert leak['parts'] == dict(test=['A/2'], train=['A/1'])
    assert leak['because'] == ['near duplicate', 'same file']


def test_the_parts_of_other_datasets_count(samples):
    leak, _ = leaks(samples, [Link('A/2', 'B/9', 'same pixels')])
    assert leak['parts'] == dict(test=['A/2'], train=['B/9'])


def test_label_conflicts(samples):
    # B/9 is a lymphocyte; bands are neutrophils
    links = [
        Link('A/1', 'B/9', 'near duplicate'),
        Link('A/4', 'A/5', 'same pixels'),
        Link('A/2', 'A/4', 'same field'),
    ]
    (conflict,) = find_conflicts(samples, links)
    assert conflict == dict(
        labels=dict(lymphocyte=['B/9'], monocyte=['A/1']),
        because=['near duplicate'],
    )


def test_attribute_conflicts(samples):
    annotated = source('B')
    annotated.attributes = {
        '/1': dict(cell_size='big', granularity='no'),
        '/2': dict(cell_size='small', granularity='no'),
        '/9': dict(cell_size='big', granularity='no'),
    }
    links = [
        Link('A/1', 'A/2', 'same pixels'),
        Link('A/1', 'B/9', 'near duplicate'),
        Link('A/2', 'A/3', 'same pixels'),
    ]
    assert find_attribute_conflicts([annotated], samples, links) == [
        dict(
            first='A/1',
            second='A/2',
            kind='same pixels',
            attributes=dict(cell_size=['big', 'small']),
        )
    ]


def test_counts_of_links(samples):
    links = [
        Link('A/1', 'A/2', 'same pixels'),
        Link('A/1', 'A/3', 'same pixels'),
        Link('B/1', 'A/3', 'same pixels'),
    ]
    assert count_links(samples, links) == [
        dict(first='A', second='A', kind='same pixels', pairs=2, images=[3]),
        dict(
            first='A', second='B', kind='same pixels', pairs=1, images=[1, 1]
        ),
    ]


def test_a_crop_belongs_to_the_box_that_it_shows():
    samples = Samples(
        [
            source(
                'fields',
                sample('f#0', box=(0, 0, 50, 50)),
                sample('f#1', box=(100, 100, 160, 150)),
            ),
            source('crops', sample('c'), sample('d')),
        ]
    )
    places = [
        CropPlace('/c', '/f', (95, 90, 165, 160), 0.99),
        CropPlace('/d', '/f', (200, 0, 250, 50), 0.98),
    ]
    assert link_crops(samples, places) == [
        Link('crops/c', 'fields/f#1', 'cut from the field', 0.99),
        # beside the boxes: not the same cell
        Link('crops/d', 'fields/f#1', 'same field', 0.98),
    ]
