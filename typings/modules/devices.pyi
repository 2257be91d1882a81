import torch

device: torch.device
dtype: torch.dtype

def get_device_for(task: str) -> torch.device: ...
def cond_cast_float(input: torch.Tensor) -> torch.Tensor: ...  # Forge
