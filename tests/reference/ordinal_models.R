# What R's ordinal says of the rows that tests/reference/test_ordinal_models.py makes:
#   .venv/bin/python tests/reference/test_ordinal_models.py > ordered.csv
#   Rscript tests/reference/ordinal_models.R ordered.csv
suppressMessages(library(ordinal)) # 2022.11-16
rows <- read.csv(commandArgs(trailingOnly = TRUE)[1])
rows$rating <- factor(rows$rating, ordered = TRUE)
shown <- function(name, values) cat(name, ": (", paste(sprintf("%.8f", values), collapse = ", "), ")\n", sep = "")
exact <- clmm.control(gradTol = 1e-8, rel.tol = 1e-13, x.tol = 1e-12, innerCtrl = "warnOnly")
told <- function(name, formula) {
  fit <- clmm(formula, rows, control = exact, nAGQ = 1)
  table <- coef(summary(fit))
  cat(name, "\n")
  shown("thresholds", fit$alpha); shown("slopes", fit$beta)
  shown("errors", table[, "Std. Error"])
  for (each in names(VarCorr(fit))) shown(paste("variance", each), VarCorr(fit)[[each]])
  shown("loglik", fit$logLik)
}
told("one grouping", rating ~ dose + trait + treated + (1 | person))
told("nested", rating ~ dose + trait + treated + (1 | person) + (1 | place))
told("crossed", rating ~ dose + trait + treated + (1 | person) + (1 | item))
told("slope", rating ~ dose + trait + treated + (1 + dose | person))
told("three levels", factor(pmin(pmax(as.integer(rating), 2), 4), ordered = TRUE) ~ dose + trait + (1 | person))
fit <- clm(rating ~ dose + trait + treated, data = rows, control = clm.control(gradTol = 1e-8))
cat("no grouping\n"); shown("thresholds", fit$alpha); shown("slopes", fit$beta)
shown("errors", coef(summary(fit))[, "Std. Error"]); shown("loglik", fit$logLik)
print(nominal_test(clm(rating ~ dose + trait + treated, data = rows)))
nominal <- clm(rating ~ 1, nominal = ~ dose + trait + treated, data = rows)
shown("every column nominal, likelihood ratio", 2 * (logLik(nominal) - logLik(fit)))
rows$person <- factor(rows$person)
older <- clmm2(rating ~ dose + trait + treated, random = person, data = rows, Hess = TRUE, control = clmm2.control(gradTol = 1e-6))
print(confint(profile(older, nSteps = 20, range = c(0.6, 1.7), trace = 0)), digits = 8)
