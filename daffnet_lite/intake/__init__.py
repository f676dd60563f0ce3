"""From what a user gives to what a network takes, ahead of the network."""

from .image_intake import ImageIntake, PreparedImage
from .intake_reports import IntakeReports
from .laboratory_pipeline import LaboratoryPipeline, Preparation
from .sources import (
    NamedContent,
    describe_source,
    has_path,
    list_images,
    no_answer,
)

__all__ = [
    'ImageIntake',
    'IntakeReports',
    'LaboratoryPipeline',
    'NamedContent',
    'Preparation',
    'PreparedImage',
    'describe_source',
    'has_path',
    'list_images',
    'no_answer',
]
