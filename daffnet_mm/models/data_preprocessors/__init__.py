from .channels_last_data_preprocessor import ChannelsLastDataPreprocessor
from .mixing_data_preprocessor import MixingDataPreprocessor, mixes_labels

__all__ = [
    'ChannelsLastDataPreprocessor',
    'MixingDataPreprocessor',
    'mixes_labels',
]
