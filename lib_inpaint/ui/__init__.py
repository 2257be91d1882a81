"""What a person sees, in gradio 3.41 and 4.40: the only package that imports gradio."""
