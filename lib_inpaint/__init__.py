"""Inpaint Anything: point at a thing in a picture, and it is selected, removed, replaced or extended.

Where things are, from the doors down to what everybody may use:

    webui/        where a WebUI is touched: A1111, Forge and kin; scripts/ beside this package only registers it
    app/          the command line, the page by itself, the demo
    api/, ui/     the REST routes; the forms in gradio
    client.py     a client of the routes
    service/      one method for each request; every door calls it
    host.py       what this project asks of the program it runs in
    standalone/   the host where there is no WebUI
    selecting/    where a click goes: points, boxes, strokes and words become a mask, the image encoded once
    filling/      where a mask becomes pixels: crops, erasers, larger canvases, windows
    diffusion/    the arithmetic of sampling, without a host: guidance, soft blending, sizes, parameters of pictures
    models/       the networks and algorithms, their files, and how these are fetched
    imaging/      pictures and masks, as arrays and as files
    schema/       every request, with defaults, ranges and labels
    geometry.py, errors.py, progress.py, store.py

What the page does in the browser is in javascript/. Who may import whom is in tests/test_imports.py. Four walks through
all of it, such as from a click to the mask, are in docs/architecture.md.
"""

__version__ = "0.1.0"
