from .tables import PUBLISHED_TABLES, PublishedRow, load_published

__all__ = ['PUBLISHED_TABLES', 'PublishedRow', 'load_published']
