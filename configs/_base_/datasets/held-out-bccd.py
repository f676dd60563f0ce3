# The cells of BCCD that are no copies of those that daffnet-lite_laboratories
# was trained on: the published validation and test lists. What is a copy is
# found, and written, by
#   python tools/audit_dataset.py data/bccd_detection \
#       --groups-out data/splits/bccd_groups.csv
# Environment variables move the data: BCCD_DETECTION_ROOT, BCCD_GROUP_FILE.
_base_ = './cells_laboratories.py'
test_dataloader = dict(
    dataset=dict(
        _base_.bccd,
        _delete_=True,
        split=['val', 'test'],
        group_file='{{$BCCD_GROUP_FILE:data/splits/bccd_groups.csv}}',
        pipeline=[*_base_.bccd.pipeline, *_base_.test_pipeline[1:]],
    )
)
