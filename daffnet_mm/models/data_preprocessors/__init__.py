from .channels_last_data_preprocessor import ChannelsLastDataPreprocessor
from .mixing_data_preprocessor import MixingDataPreprocessor

__all__ = ['ChannelsLastDataPreprocessor', 'MixingDataPreprocessor']
