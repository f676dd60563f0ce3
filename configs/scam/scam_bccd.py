# Chen et al. 2022 on BCCD, four classes (Tables 11 and 12).
#
# Its own test part; the training part is split 3:1. The release comes
# augmented and balanced. The paper's cells were cropped from it, by steps that
# it describes (Fig. 2) and parameters that it does not name; here the images
# are used as they are. tools/dataset_converters/crop_cells.py crops them by
# the same steps with parameters of our own.
_base_ = ['../_base_/datasets/bccd.py', '../_base_/recipes/scam.py']
model = dict(head=dict(num_classes=4))
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=4)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(official_split=True, pipeline=_base_.scam_train_pipeline),
)
test = dict(official_split=True, pipeline=_base_.scam_test_pipeline)
val_dataloader = dict(dataset=test)
test_dataloader = dict(dataset=test)
