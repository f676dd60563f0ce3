from .html_report import HtmlReport
from .model_identity import ModelIdentity

__all__ = ['HtmlReport', 'ModelIdentity']
