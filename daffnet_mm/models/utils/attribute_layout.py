from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F


class AttributeLayout(nn.Module):
    """Where each attribute's values lie in the flat score vector.

    The attribute layer gives all values of all attributes side by side
    (31 for WBCAtt). Softmax, argmax and the loss work attribute by attribute;
    laying the values out as a padded matrix lets one operation do for all
    attributes what would otherwise be a loop over them.

    Args:
        sizes (Sequence[int]): The number of values of each attribute.
    """

    index: torch.Tensor
    is_value: torch.Tensor

    places: torch.Tensor

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        if not sizes or min(sizes) < 2:
            raise ValueError(
                'every attribute needs at least two values, but '
                f'the numbers of values are {tuple(sizes)}'
            )
        self.sizes = tuple(sizes)
        total = sum(sizes)
        # Places beyond an attribute's own values point behind the vector's
        # end, where `pad` puts its filling.
        index = nn.utils.rnn.pad_sequence(
            torch.arange(total).split(self.sizes),
            batch_first=True,
            padding_value=total,
        )
        self.register_buffer('index', index, persistent=False)
        # Not a mask, whose number of places a graph would not know.
        largest = max(sizes)
        places = [
            row * largest + value
            for row, size in enumerate(sizes)
            for value in range(size)
        ]
        self.register_buffer('places', torch.tensor(places), persistent=False)

    def pad(
        self, scores: torch.Tensor, fill: float = float('-inf')
    ) -> torch.Tensor:
        """Lay flat scores out, attribute by attribute.

        Args:
            scores (Tensor): Shape (N, sum of sizes).
            fill (float): What stands where an attribute has no such value.
                Defaults to minus infinity, which neither softmax nor argmax
                sees.

        Returns:
            Tensor: Shape (N, number of attributes, largest size).
        """
        return F.pad(scores, (0, 1), value=fill)[:, self.index]

    def flatten(self, padded: torch.Tensor) -> torch.Tensor:
        """Undo :meth:`pad`.

        Args:
            padded (Tensor): Shape (N, number of attributes, largest size).

        Returns:
            Tensor: Shape (N, sum of sizes).
        """
        return padded.flatten(1)[:, self.places]

    def softmax(self, logits: torch.Tensor) -> torch.Tensor:
        """Turn flat logits into each attribute's probabilities.

        Args:
            logits (Tensor): Shape (N, sum of sizes).

        Returns:
            Tensor: Probabilities of shape (N, sum of sizes) that sum to one
            over each attribute's values.
        """
        return self.flatten(self.pad(logits.float()).softmax(dim=-1))
