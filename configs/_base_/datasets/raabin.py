# Raabin-WBC, five classes, 6:2:2 (Sec. 3.1): the 14,514 cells of the papers.
# TestB comes from another microscope. Environment variables move the data:
# RAABIN_ROOT (the folder with Train and TestA) and RAABIN_SPLIT_FILE.
_base_ = './cells_224.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='RaabinWBC',
        data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
        subsets=('Train', 'TestA'),
        split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin.csv}}',
    )
)
