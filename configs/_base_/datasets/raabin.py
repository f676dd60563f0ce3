# Raabin-WBC, five classes, 6:2:2 (Sec. 3.1). Environment variables move the
# data: RAABIN_ROOT (the folder with Train and TestA) and RAABIN_SPLIT_FILE.
_base_ = './cells_224.py'
dataset_type = 'RaabinWBC'
data_root = '{{$RAABIN_ROOT:data/Raabin-WBC}}'
# The 14,514 cells of the papers; TestB comes from another microscope.
subsets = ('Train', 'TestA')
split_file = '{{$RAABIN_SPLIT_FILE:data/splits/raabin.csv}}'
release = dict(
    type=dataset_type,
    data_root=data_root,
    split_file=split_file,
    subsets=subsets,
)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
