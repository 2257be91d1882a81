models_path: str
data_path: str
