def image_ids(dataset) -> list[str]:
    """Name the images of a dataset, through any wrapper.

    Args:
        dataset (Dataset): A dataset of MMEngine's kind, or a wrapper with
            ``dataset`` (and ``indices``, if it takes a part of it) or
            ``datasets``.

    Returns:
        list[str]: Of each sample its ``image_id``, which is the same whatever
        dataset lists the image, or else its path.
    """
    if hasattr(dataset, 'datasets'):
        return [name for part in dataset.datasets for name in image_ids(part)]
    if hasattr(dataset, 'dataset'):
        ids = image_ids(dataset.dataset)
        if hasattr(dataset, 'indices'):
            ids = [ids[i] for i in dataset.indices]
        return ids
    infos = (dataset.get_data_info(i) for i in range(len(dataset)))
    return [info.get('image_id') or info['img_path'] for info in infos]
