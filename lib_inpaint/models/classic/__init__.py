"""The segmenter without weights: a tree of regions and graph cuts."""
