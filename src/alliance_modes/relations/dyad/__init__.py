"""Two raters of the same session: truth and bias, and the surface of an outcome over both ratings."""
