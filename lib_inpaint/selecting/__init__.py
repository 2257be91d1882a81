"""Where a click goes: points, boxes, strokes and words become a mask."""
