"""Where a mask becomes pixels: crops, erasers, larger canvases."""
