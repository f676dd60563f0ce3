def plot_robustness(curves, columns=2):
    """Draw accuracy against the severity of what is done to the images.

    The figure is made without ``matplotlib.pyplot``: it needs no display and
    leaves no global state.

    Args:
        curves (dict): A corruption to a pair: what its severity measures
            (str), and a dict of a classifier's name to its points, each a
            severity (None: untouched images), the accuracy and the two ends
            of its interval, in percent.
        columns (int): Panels side by side. Defaults to 2.

    Returns:
        matplotlib.figure.Figure: A figure with one panel per corruption.
    """
    from matplotlib.figure import Figure

    columns = min(columns, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(4.4 * columns, 3.2 * rows), layout='constrained')
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (name, (unit, lines)) in zip(axes, curves.items(), strict=False):
        for label, points in lines.items():
            # Evenly spaced, for qualities fall and factors grow.
            places = range(len(points))
            severities, accuracies, lows, highs = zip(*points, strict=True)
            (line,) = ax.plot(places, accuracies, marker='o', label=label)
            ax.fill_between(
                places,
                lows,
                highs,
                color=line.get_color(),
                alpha=0.15,
                linewidth=0,
            )
            ax.set_xticks(
                places, ['none' if s is None else f'{s:g}' for s in severities]
            )
        ax.set_title(name, fontweight='bold', fontsize=10)
        ax.set_xlabel(unit)
        ax.set_ylabel('accuracy (%)')
        ax.set_ylim(0, 102)
        ax.grid(alpha=0.3)
    for ax in axes[len(curves) :]:
        ax.set_axis_off()
    axes[0].legend(fontsize=8, loc='lower left')
    return figure
