from collections.abc import Callable, Sequence
from typing import Any

from daffnet_lite.profiles import Profile
from daffnet_lite.profiles.measuring import Measurement

from .image_intake import ImageIntake


class IntakeReports:
    """What an inferencer tells of the images that its intake has read.

    A parent of classifiers, whatever their networks run on. Those set the
    attribute ``_intake`` (ImageIntake).
    """

    _intake: ImageIntake

    @property
    def errors(self) -> dict[int, str]:
        """dict[int, str]: Why an image of the last call has no result."""
        return self._intake.reports.errors

    @property
    def warnings(self) -> list[str]:
        """list[str]: What is to be said of the images of the last call."""
        return self._intake.reports.warnings

    @property
    def profile(self) -> Profile | None:
        """Profile | None: The laboratory's that was applied in it."""
        return self._intake.reports.profile

    @property
    def reading(self) -> dict[str, Any]:
        """dict: ``bit_depth`` and ``max_pixels`` that images are read with."""
        return self._intake.reading

    def window(
        self, looked_at: Callable[[], Sequence[Measurement]]
    ) -> int | None:
        """Find out how large the squares around cells of fields are to be.

        Args:
            looked_at (Callable): Measures the surroundings of cells; is
                called only if a profile is to be estimated.

        Returns:
            int | None: Side in pixels of a square that shows as much as the
            images that the model was trained on; None where the laboratory's
            scale is not known or not wanted.
        """
        return self._intake.window(looked_at)
