from daffnet_lite.shipped_files import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)

__all__ = ['SHIPPED_CONFIG', 'SHIPPED_WEIGHTS', 'shipped_file']
