"""Inpaint Anything: point at a thing in a picture, and it is selected, removed, replaced or extended.

The way from a click to pixels, one file a step:

    selection.py  where a click goes: points, boxes and strokes, immutable, with undo
    segment.py    selection + image -> mask, the image encoded once
    everything.py all things in a picture, without being pointed at
    mask.py       grow, shrink, feather, combine
    fill.py       where a mask becomes pixels: crop, fill, paste back
    outpaint.py   a larger canvas; windows.py the parts of it that a checkpoint samples; blend.py soft masks meanwhile
    service.py    one function for each request of schema/; the command line and the WebUI call nothing else
    painting.py   the same for what needs a checkpoint, with infotext.py for the parameters of pictures
    models/       the segmenters and erasers, their files, and how these are fetched
    host/         where the WebUI is touched, and nowhere else
    api/, ui/     the REST routes and the tab; what the tab does in the browser is in javascript/
"""

__version__ = "0.1.0"
