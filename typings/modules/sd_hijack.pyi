class Optimization:
    name: str

current_optimizer: Optimization | None
