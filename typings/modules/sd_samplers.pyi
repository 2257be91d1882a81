class SamplerData:
    name: str

all_samplers_map: dict[str, SamplerData]

def visible_sampler_names() -> list[str]: ...
