"""How the questions are answered: models, tests, and what is looked at beside them."""
