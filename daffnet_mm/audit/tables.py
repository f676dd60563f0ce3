"""Print an audit's report for people."""

from collections.abc import Mapping, Sequence

from rich import markup
from rich.console import Console
from rich.table import Table

from daffnet_lite.fileio.names import printable

from .source_report import UNSPLIT

#: How many examples of one kind are printed; the JSON has all.
_EXAMPLES = 5
_PARTS = ('train', 'val', 'test')


def print_report(report: dict, console: Console) -> None:
    """Print what was found.

    Args:
        report (dict): The report, as the JSON file holds it.
        console (Console): Where to print.
    """
    for source in report['sources']:
        _print_title(f'{source["title"]}: {source["location"]}', console)
        console.print(_counts_table(source))
        _print_files(source, console)
    _print_title(
        'Cells by category (the content of Supplementary Table 1)', console
    )
    console.print(_supplementary_table(report['sources']), '')
    for attributes in report['attributes']:
        _print_attributes(attributes, console)
    _print_title('Duplicates within and across datasets', console)
    if report['duplicates']['counts']:
        console.print(_duplicates_table(report['duplicates']['counts']), '')
    else:
        console.print('  none\n')
    _print_conflicts(report['label_conflicts'], console)
    if report['attributes']:
        _print_attribute_conflicts(report['attribute_conflicts'], console)
    _print_leaks(report, console)


def escape(text: str) -> str:
    """Make a name harmless to the terminal, and to rich's markup."""
    return markup.escape(printable(text))


def _print_title(title: str, console: Console) -> None:
    # Not the table's own title, which is broken to the table's width.
    console.print(
        printable(title),
        style='bold',
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _print_line(
    text: str, console: Console, because: Sequence[str] = ()
) -> None:
    """Print a line, with what it rests on in grey."""
    note = f' [dim]({", ".join(because)})[/]' if because else ''
    console.print(f'  {escape(text)}{note}', highlight=False, soft_wrap=True)


def _table(names: Sequence[str], numbers: Sequence[str]) -> Table:
    """A table whose last columns hold numbers."""
    table = Table(*names)
    for number in numbers:
        table.add_column(number, justify='right')
    return table


def _counts_table(source: dict) -> Table:
    """Counts by class and part, against the published ones."""
    counts, published = source['counts'], source['published'] or {}
    present = {part for row in counts.values() for part in row}
    parts = [p for p in (*_PARTS, *sorted(present)) if p in present]
    parts = list(dict.fromkeys(parts))
    split = parts != [UNSPLIT]
    numbers = [*(parts if split else ()), 'samples', 'published', 'difference']
    table = _table(['class'], numbers)
    classes = published.get('classes', {})
    for label in sorted({*counts, *classes}):
        row = counts.get(label, {})
        table.add_row(
            escape(label),
            *(str(row.get(p, 0)) for p in parts if split),
            str(sum(row.values())),
            *_against(
                classes.get(label),
                published.get('class_differences', {}).get(label),
            ),
        )
    table.add_section()
    totals = [sum(row.get(p, 0) for row in counts.values()) for p in parts]
    table.add_row(
        'total',
        *(map(str, totals) if split else []),
        str(source['samples']),
        *_against(
            published.get('total'),
            published.get('total_difference'),
            '' if source['samples'] == source['files'] else ' files',
        ),
    )
    if published.get('parts'):
        table.add_row(
            'published',
            *(str(published['parts'].get(p, '-')) for p in parts),
            '',
            '',
            '',
        )
    return table


def _against(
    count: int | None, difference: int | None, unit: str = ''
) -> tuple[str, str]:
    if count is None or difference is None:
        return '-', '-'
    return f'{count}{unit}', (f'{difference:+d}' if difference else '0') + unit


def _print_files(source: dict, console: Console) -> None:
    published = source['published'] or {}
    lines = []
    if published:
        line = f'published: {published["source"]}'
        other = published['classes_source']
        if other and other != published['source']:
            line += f'; by class: {other}'
        lines.append(line)
    lines.append(f'files: {source["files"]}, {source["megabytes"]} MB')
    for what in ('size', 'format'):
        said = published.get(what)
        lines.append(
            f'{what}s: {_several(source[f"{what}s"])}'
            + (f' (published: {said})' if said else '')
        )
    faulty = [
        f'{f["image"]}: {f["fault"]} ({f["message"]})'
        for f in source['faulty']
    ]
    lines.append(_examples('unreadable', faulty) or 'unreadable: none')
    lines += [
        _examples(remark, names) for remark, names in source['remarks'].items()
    ]
    lines.append(
        _examples('folders, links and names not usable', source['unusable'])
    )
    hidden = [
        f'{h["image"]} ({h["fault"] or "readable"})'
        for h in source['hidden_files_ignored']
    ]
    lines.append(_examples('hidden, ignored', hidden))
    lines.append(
        _examples(
            'image files that are no samples', source['images_not_listed']
        )
    )
    lines.append(
        _examples(
            'image files of kinds that are not read',
            source['images_of_other_kinds'],
        )
    )
    for line in filter(None, lines):
        _print_line(line, console)
    console.print()


def _several(counts: Mapping[str, int]) -> str:
    shown = list(counts.items())[:_EXAMPLES]
    text = ', '.join(f'{what} ({number})' for what, number in shown)
    rest = len(counts) - len(shown)
    return text + (f' and {rest} more' if rest else '') or 'none'


def _examples(what: str, items: Sequence[str]) -> str:
    if not items:
        return ''
    text = ', '.join(items[:_EXAMPLES])
    rest = len(items) - _EXAMPLES
    return f'{what}: {len(items)}: {text}' + (', ...' if rest > 0 else '')


def _supplementary_table(sources: Sequence[dict]) -> Table:
    """Classes by datasets, as the paper's Supplementary Table 1."""
    table = _table(['class'], [escape(source['title']) for source in sources])
    labels = sorted({label for s in sources for label in s['counts']})
    for label in labels:
        table.add_row(
            escape(label),
            *(
                str(sum(s['counts'].get(label, {}).values()) or '-')
                for s in sources
            ),
        )
    table.add_section()
    table.add_row('total', *(str(s['samples']) for s in sources))
    return table


def _print_attributes(report: dict, console: Console) -> None:
    _print_title(f'Attributes by class: {report["location"]}', console)
    console.print(_values_table(report))
    for file in report['files']:
        problems = [
            _examples(what.replace('_', ' '), file[what])
            for what in (
                'faults',
                'images_not_found',
                'in_another_class',
                'contradictory_granules',
            )
            if file[what]
        ]
        line = f'{file["file"]}: {file["rows"]} lines'
        for text in (line, *(problems or ['no fault'])):
            _print_line(text, console)
    twice = _examples('annotated twice', report['annotated_twice'])
    absent = report['images_without_annotation']
    if report['images_from'] is None:
        absent_line = 'no images were given to hold the files against'
    else:
        absent_line = (
            f'images of {report["images_from"]} without '
            f'annotation: {_several(absent)}'
        )
    for text in filter(None, (twice, absent_line)):
        _print_line(text, console)
    agreement = report['agreement']
    if agreement:
        values = ', '.join(
            f'{a} {v}' for a, v in agreement['attributes'].items()
        )
        _print_line(
            f'{agreement["images"]} images are in two files, which agree on '
            f'{agreement["mean"]} % of the values and '
            f'{agreement["whole_cells"]} % of the cells: {values}',
            console,
        )
    console.print()


def _values_table(report: dict) -> Table:
    classes = sorted(
        {
            label
            for values in report['values'].values()
            for counts in values.values()
            for label in counts
        }
    )
    table = _table(['attribute', 'value'], [*classes, 'cells'])
    table.columns[0].no_wrap = True
    for attribute, values in report['values'].items():
        for value, counts in values.items():
            table.add_row(
                attribute,
                value,
                *(str(counts.get(c, 0)) for c in classes),
                str(sum(counts.values())),
            )
            attribute = ''
        table.add_section()
    return table


def _duplicates_table(rows: Sequence[dict]) -> Table:
    table = Table('dataset', 'dataset', 'found', 'pairs', 'images')
    for row in rows:
        table.add_row(
            escape(row['first']),
            escape(row['second']),
            row['kind'],
            str(row['pairs']),
            ' and '.join(map(str, row['images'])),
        )
    return table


def _print_conflicts(conflicts: Sequence[dict], console: Console) -> None:
    console.print(
        f'label conflicts between duplicates: {len(conflicts)}',
        highlight=False,
    )
    for conflict in conflicts[:_EXAMPLES]:
        text = '; '.join(
            f'{label}: {_several(dict.fromkeys(keys, 1))}'
            for label, keys in conflict['labels'].items()
        )
        _print_line(text.replace(' (1)', ''), console, conflict['because'])


def _print_attribute_conflicts(
    conflicts: Sequence[dict], console: Console
) -> None:
    console.print(
        f'duplicates with different attributes: {len(conflicts)}',
        highlight=False,
    )
    for conflict in conflicts[:_EXAMPLES]:
        values = ', '.join(
            f'{name} {" / ".join(map(str, pair))}'
            for name, pair in conflict['attributes'].items()
        )
        _print_line(
            f'{conflict["first"]} and {conflict["second"]}: {values}',
            console,
            [conflict['kind']],
        )


def _print_leaks(report: dict, console: Console) -> None:
    leaks = report['leaks']
    if not report['split']:
        console.print('leaks: none of the datasets is split')
        return
    style = 'bold red' if leaks else 'green'
    console.print(
        f'leaks: {len(leaks)} groups of images lie on two sides of the split',
        style=style,
        highlight=False,
    )
    for leak in leaks[:_EXAMPLES]:
        text = '; '.join(
            f'{part}: {keys[0]}'
            + (f' and {len(keys) - 1} more' if keys[1:] else '')
            for part, keys in leak['parts'].items()
        )
        _print_line(text, console, leak['because'])
