"""Inpaint Anything: point at a thing in a picture, and it is selected, removed, replaced or extended.

The way from a click to pixels, one file a step:

    selection.py  where a click goes: points, boxes and strokes, immutable, with undo
    segment.py    selection + image -> mask, the image encoded once
    everything.py all things in a picture, without being pointed at
    mask.py       grow, shrink, feather, combine
    fill.py       where a mask becomes pixels: crop, fill, paste back
    service.py    one function for each request of schema.py; the command line and the WebUI call nothing else
    models/       the segmenters and erasers, their files, and how these are fetched
    host/         where the WebUI is touched, and nowhere else
"""

__version__ = "0.1.0"
