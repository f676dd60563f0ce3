"""CSV files as people's spreadsheets write them again."""

import csv

#: Encoding, separator, and what becomes of a column's name.
KINDS = {
    'bom': ('utf-8-sig', ',', str),
    'utf16': ('utf-16', '\t', str),
    'semicolon': ('utf-8', ';', str),
    'tab': ('utf-8', '\t', str),
    'capitals': ('utf-8', ',', str.upper),
    'blanks': ('utf-8', ',', '{} '.format),
}


def save_again(path, kind):
    """Rewrite a CSV file (UTF-8, commas)."""
    encoding, separator, rename = KINDS[kind]
    with open(path, newline='', encoding='utf-8') as file:
        header, *rows = csv.reader(file)
    with open(path, 'w', newline='', encoding=encoding) as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow([rename(name) for name in header])
        writer.writerows(rows)
