# What lavaan and semTools say of the answers that tests/reference/test_ordinal_factors.py makes:
#   .venv/bin/python tests/reference/test_ordinal_factors.py > ordinal.csv
#   Rscript tests/reference/ordinal_factors.R ordinal.csv
suppressMessages({library(lavaan); library(semTools)})
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
one <- cfa("g =~ x1 + x2 + x3 + x4 + x5 + x7 + x8 + x9", answers[-6], ordered = TRUE, estimator = "WLSMV", std.lv = TRUE)
shown("omega of eight items", unlist(reliability(one)[c("omega", "omega3"), 1]))
shown("omega of a, b, c", unlist(reliability(fit)["omega", 1:3]))
