import torch

module_in_gpu: torch.nn.Module | None

def send_everything_to_cpu() -> None: ...
