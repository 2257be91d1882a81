"""The host when there is no WebUI."""
