"""The restricted likelihood of linear models: its deviance, the search along its gradient, its df."""
