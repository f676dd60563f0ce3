from .load_cell_image import LoadCellImage
from .load_synthetic_cell import LoadSyntheticCell
from .random_quarter_turn import RandomQuarterTurn

__all__ = ['LoadCellImage', 'LoadSyntheticCell', 'RandomQuarterTurn']
