# What lavaan and semTools say of the answers that tests/reference/test_ordinal_factors.py makes:
#   .venv/bin/python tests/reference/test_ordinal_factors.py > ordinal.csv
#   Rscript tests/reference/ordinal_factors.R ordinal.csv
suppressMessages({library(lavaan); library(semTools)}) # 0.6.14, 0.5-6
answers <- read.csv(commandArgs(trailingOnly = TRUE)[1])
shown <- function(name, values) cat(name, ": [", paste(sprintf("%.8f", values), collapse = ", "), "]\n", sep = "")
general <- cfa("g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9", answers, ordered = TRUE, estimator = "WLSMV", std.lv = TRUE)
model <- "a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\nc =~ x7 + x8 + x9"
fit <- cfa(model, answers, ordered = TRUE, estimator = "WLSMV", std.lv = TRUE)
indices <- c("chisq", "df", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi.scaled", "tli.scaled",
  "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled", "cfi.robust", "tli.robust", "rmsea.robust",
  "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "srmr")
for (each in indices) shown(each, c(fitMeasures(fit, each), fitMeasures(general, each)))
found <- parameterEstimates(fit)
for (op in c("=~", "|", "~~")) {
  rows <- found[found$op == op & (op != "~~" | found$lhs != found$rhs), ]
  shown(paste("estimates", op), rows$est)
  shown(paste("errors", op), rows$se)
}
# semTools' "omega" is Green and Yang's, with the total variance of the model
of_scale <- function(items) {
  model <- paste("g =~", paste0("x", items, collapse = " + "))
  fit <- cfa(model, answers[paste0("x", items)], ordered = TRUE, estimator = "WLSMV", std.lv = TRUE)
  shown(paste("omega of", paste(items, collapse = ", ")), unlist(reliability(fit)["omega", 1]))
}
for (items in list(1:3, 4:6, 7:9, 1:9)) of_scale(items)
