def no_answer(name: str) -> str:
    """Say that what a model gives for an image is no number.

    Args:
        name (str): What messages call the image.

    Returns:
        str: One sentence.
    """
    return (
        f'{name} has no answer, as the model gives it probabilities that are '
        'not finite: its weights are too large, or its training diverged'
    )
