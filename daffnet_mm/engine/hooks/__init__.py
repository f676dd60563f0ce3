from .best_checkpoint_hook import BestCheckpointHook
from .check_invalid_loss_hook import CheckInvalidLossHook
from .checkpoint_guard_hook import CheckpointGuardHook
from .count_values_hook import CountValuesHook
from .end_workers_hook import EndWorkersHook
from .epoch_seed_hook import EpochSeedHook
from .evaluation_report_hook import EvaluationReportHook
from .freeze_batch_norm_hook import FreezeBatchNormHook
from .freeze_pretrained_hook import FreezePretrainedHook
from .keep_freed_memory_hook import KeepFreedMemoryHook
from .mean_teacher_hook import MeanTeacherHook
from .mix_style_hook import MixStyleHook
from .requirements_hook import RequirementsHook
from .resumable_checkpoint_hook import ResumableCheckpointHook
from .resumable_early_stopping_hook import ResumableEarlyStoppingHook
from .split_guard_hook import SplitGuardHook
from .taxonomy_guard_hook import TaxonomyGuardHook
from .training_accuracy_hook import TrainingAccuracyHook
from .validate_on_resume_hook import ValidateOnResumeHook
from .work_folder_hook import WorkFolderHook

__all__ = [
    'BestCheckpointHook',
    'CheckInvalidLossHook',
    'CheckpointGuardHook',
    'CountValuesHook',
    'EndWorkersHook',
    'EpochSeedHook',
    'EvaluationReportHook',
    'FreezeBatchNormHook',
    'FreezePretrainedHook',
    'KeepFreedMemoryHook',
    'MeanTeacherHook',
    'MixStyleHook',
    'RequirementsHook',
    'ResumableCheckpointHook',
    'ResumableEarlyStoppingHook',
    'SplitGuardHook',
    'TaxonomyGuardHook',
    'TrainingAccuracyHook',
    'ValidateOnResumeHook',
    'WorkFolderHook',
]
