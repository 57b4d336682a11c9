"""Missing covariates by chained equations, and what several completed data sets say together."""
