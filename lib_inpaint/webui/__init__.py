"""Where a WebUI is touched: A1111, Forge and kin. Nowhere else is one imported."""
