"""The arithmetic of sampling, without a host: guidance, blending, sizes, and the parameters of pictures."""
