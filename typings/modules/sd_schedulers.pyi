class Scheduler:
    name: str
    label: str

schedulers: list[Scheduler]
schedulers_map: dict[str, Scheduler]
