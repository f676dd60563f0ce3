def plot_explanations(image, maps, columns):
    """Lay explanation maps over the image that the model saw.

    The figure is made without ``matplotlib.pyplot``: it needs no display and
    leaves no global state.

    Args:
        image (np.ndarray): RGB, uint8, shape (H, W, 3).
        maps (list[tuple[str, np.ndarray]]): Headings and maps, from 0 to 1,
            shape (H, W).
        columns (int): Panels side by side, beside the image alone.

    Returns:
        matplotlib.figure.Figure: The image in the first panel, then one
        panel per map, row by row.
    """
    from matplotlib.figure import Figure

    rows = -(-len(maps) // columns)
    figure = Figure(
        figsize=(2.2 * (columns + 1), 2.5 * rows), layout='constrained'
    )
    axes = figure.subplots(rows, columns + 1, squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    axes[0, 0].imshow(image)
    axes[0, 0].set_title('as the model sees it', fontsize=9)
    for ax, (heading, values) in zip(axes[:, 1:].ravel(), maps, strict=False):
        ax.imshow(image)
        ax.imshow(values, cmap='jet', alpha=0.45, vmin=0, vmax=1)
        ax.set_title(heading, fontsize=9)
    return figure
