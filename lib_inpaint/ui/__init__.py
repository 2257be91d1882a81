"""What a person sees, in gradio 3.41 to 6: the only package that imports gradio."""
