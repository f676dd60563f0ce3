from collections.abc import Sequence


def as_row(cell: dict, classes: Sequence[str]) -> dict:
    """Flatten a prediction into the columns of the CSV file."""
    row = dict(
        image=cell['image'],
        cell_type=cell['pred_class'],
        probability=cell['pred_score'],
    )
    for name, score in zip(classes, cell['pred_scores'], strict=True):
        row[f'{name}_probability'] = float(score)
    for name, attribute in cell.get('attributes', {}).items():
        row[name] = attribute['value']
        row[f'{name}_probability'] = attribute['probability']
    row['review'] = cell['review']
    return row
