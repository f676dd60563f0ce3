from collections.abc import Mapping, Sequence

import torch
import torch.nn as nn

from daffnet_lite.structures import EQUIVALENT_VALUES


class EquivalentValues(nn.Module):
    """Values of different attributes that a cell has together or not at all.

    Args:
        attributes (dict): Names of all attributes and, for each, the names of
            its values.
        values (dict, optional): The value of each attribute concerned, at
            least two. Defaults to None: WBCAtt's granule type "nil", granule
            colour "nil" and granularity "no".

    Raises:
        ValueError: If there are fewer than two, or an attribute has no such
            value.
    """

    rows: torch.Tensor
    columns: torch.Tensor
    is_own: torch.Tensor

    def __init__(
        self,
        attributes: Mapping[str, Sequence[str]],
        values: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        values = EQUIVALENT_VALUES if values is None else values
        if len(values) < 2:
            raise ValueError(
                'equivalent values belong to at least two '
                f'attributes, but got {dict(values)}'
            )
        for name, value in values.items():
            if value not in attributes.get(name, ()):
                raise ValueError(
                    f'equivalent_values says {name}={value!r}, but the '
                    f'attributes have no such value: {dict(attributes)}'
                )
        names = list(attributes)
        widest = max(map(len, attributes.values()))
        rows = torch.tensor([names.index(name) for name in values])
        columns = torch.tensor(
            [list(attributes[n]).index(value) for n, value in values.items()]
        )
        is_own = nn.functional.one_hot(columns, widest).bool()
        self.register_buffer('rows', rows, persistent=False)
        self.register_buffer('columns', columns, persistent=False)
        self.register_buffer('is_own', is_own, persistent=False)

    def log_probs(
        self, padded: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give how probable it is to have and to lack each of the values.

        Args:
            padded (Tensor): Natural logarithms of the attribute
                probabilities, shape (N, A, P), as
                :meth:`AttributeLayout.pad` lays them out.

        Returns:
            tuple[Tensor, Tensor]: The logarithms of the probabilities to have
            and to lack the values, both of shape (N, E).
        """
        # Not the logarithm of what is left of 1, which rounds to nothing.
        without = self._others(padded).logsumexp(dim=-1)
        return padded[:, self.rows, self.columns], without

    def decode(self, padded: torch.Tensor) -> torch.Tensor:
        """Pick the most probable values that do not contradict each other.

        The attributes concerned have either all their equivalent values or
        each its best other value, whichever has the larger product of
        probabilities. All other attributes have their best value.

        Args:
            padded (Tensor): Probabilities of shape (N, A, P); below zero
                where an attribute has no such value.

        Returns:
            Tensor: Value indices of shape (N, A).
        """
        values = padded.argmax(dim=-1)
        best, index = self._others(padded).max(dim=-1)
        own = padded[:, self.rows, self.columns].prod(dim=1, keepdim=True)
        together = own >= best.prod(dim=1, keepdim=True)
        values[:, self.rows] = torch.where(together, self.columns, index)
        return values

    def _others(self, padded: torch.Tensor) -> torch.Tensor:
        """The scores without the equivalent values, shape (N, E, P)."""
        return padded[:, self.rows].masked_fill(self.is_own, float('-inf'))
