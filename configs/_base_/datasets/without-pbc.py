# Trained on Raabin-WBC, BCCD and JTSC, at most 500 cells a class of each, and
# tested on PBC: WBCAtt's published training part, whole.
_base_ = './cells_laboratories.py'
