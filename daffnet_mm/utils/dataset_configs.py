def innermost(dataset: dict) -> list[dict]:
    """List the datasets inside all wrappers.

    Args:
        dataset (dict): The config of a dataset.

    Returns:
        list[dict]: Those that are no wrappers.
    """
    inner = [*dataset.get('datasets', ())]
    if 'dataset' in dataset:
        inner.append(dataset['dataset'])
    if not inner:
        return [dataset]
    return [found for part in inner for found in innermost(part)]
