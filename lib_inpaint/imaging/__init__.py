"""Pictures and masks, as arrays and as files."""
