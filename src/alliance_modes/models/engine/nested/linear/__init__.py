"""Linear models whose groupings nest: their restricted deviance, and a fit along its gradient."""
