"""The networks and algorithms, a folder a family; model.py says what each kind is, registry.py which there are."""
