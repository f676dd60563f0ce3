def plot_training_curves(runs, keys, columns=2):
    """Draw what trainings logged against their epochs.

    As Chen et al.'s Figs. 6, 8 and 9: a panel for each key, a line for each
    training. The legend says the best value and its epoch; the best loss is
    the lowest, the best of anything else the highest. The figure is made
    without ``matplotlib.pyplot``: it needs no display and leaves no global
    state.

    Args:
        runs (dict): A training's name to its logs, each a key to the epochs
            and the values (two sequences of one length). A key that a
            training did not log is left out of its panel.
        keys (Sequence[str]): The keys to draw.
        columns (int): Panels side by side. Defaults to 2.

    Returns:
        matplotlib.figure.Figure: A figure with one panel per key.
    """
    from matplotlib.figure import Figure

    columns = min(columns, len(keys))
    rows = -(-len(keys) // columns)
    figure = Figure(figsize=(5.2 * columns, 3.6 * rows), layout='constrained')
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, key in zip(axes, keys, strict=False):
        best = min if 'loss' in key else max
        for name, log in runs.items():
            if key not in log:
                continue
            epochs, values = log[key]
            value, epoch = best(
                zip(values, epochs, strict=True), key=lambda pair: pair[0]
            )
            ax.plot(
                epochs,
                values,
                label=f'{name}: {value:.4g} (epoch {epoch:g})',
                linewidth=1.2,
                marker='.' if len(epochs) < 30 else None,
            )
        ax.set_title(key, fontweight='bold', fontsize=10)
        ax.set_xlabel('epoch')
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    for ax in axes[len(keys) :]:
        ax.set_axis_off()
    return figure
