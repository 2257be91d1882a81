import torch

dtype: torch.dtype
dtype_inference: torch.dtype
device: torch.device

def get_device_for(task: str) -> torch.device: ...
def cond_cast_float(input: torch.Tensor) -> torch.Tensor: ...  # Forge
def torch_gc() -> None: ...
