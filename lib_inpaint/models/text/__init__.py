"""Where there is text in a picture: PP-OCR's detection networks, and regions from what they give."""
