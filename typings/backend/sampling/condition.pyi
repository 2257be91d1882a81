from typing import Any

class Condition:
    def __init__(self, cond: Any) -> None: ...
