"""The command line, the page served by itself, and the demo."""
