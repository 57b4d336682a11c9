"""Standard errors, degrees of freedom and tests of a fit."""
