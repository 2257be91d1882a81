"""Where the WebUI is touched. base.py says what a host can do, in this project's words; one file a host does it."""
