from .best_checkpoint_hook import BestCheckpointHook
from .check_invalid_loss_hook import CheckInvalidLossHook
from .checkpoint_guard_hook import CheckpointGuardHook
from .epoch_seed_hook import EpochSeedHook
from .evaluation_report_hook import EvaluationReportHook
from .freeze_pretrained_hook import FreezePretrainedHook
from .resumable_early_stopping_hook import ResumableEarlyStoppingHook
from .split_guard_hook import SplitGuardHook
from .validate_on_resume_hook import ValidateOnResumeHook

__all__ = [
    'BestCheckpointHook', 'CheckInvalidLossHook', 'CheckpointGuardHook',
    'EpochSeedHook', 'EvaluationReportHook', 'FreezePretrainedHook',
    'ResumableEarlyStoppingHook', 'SplitGuardHook', 'ValidateOnResumeHook'
]
