# How often two annotators disagree on each attribute of WBCAtt: what a target
# may be smoothed by (tools/analysis_tools/annotator_agreement.py).
annotator_disagreement = [
    0.103,
    0.0405,
    0.0878,
    0.022,
    0.0321,
    0.0084,
    0.0557,
    0.0456,
    0.0017,
    0.0135,
    0.0,
]
