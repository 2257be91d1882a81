from typing import Any

dynamic_args: Any  # of what kind the checkpoint is that is loaded; in Forge it says nothing of that
