"""Would this cohort have found it: its own people, outcomes drawn from the fit with an effect put in."""
