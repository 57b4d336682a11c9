# What lavaan 0.6.14 says of the answers with gaps that tests/reference/test_incomplete_factors.py makes:
#   .venv/bin/python tests/reference/test_incomplete_factors.py > gaps.csv
#   Rscript tests/reference/incomplete_factors.R gaps.csv
suppressMessages(library(lavaan))
answers <- read.csv(commandArgs(trailingOnly = TRUE)[1])
answers$cluster <- (seq_len(nrow(answers)) - 1) %% 40
shown <- function(name, values) cat(name, ": [", paste(sprintf("%.8f", values), collapse = ", "), "]\n", sep = "")
of <- function(fit) {
  rows <- standardizedSolution(fit)
  rows[rows$op == "=~" | (rows$op == "~~" & rows$lhs != rows$rhs), ]
}
three <- "a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\nc =~ x7 + x8 + x9"
one <- "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
fitted <- function(model, ...) {
  cfa(model, answers, missing = "fiml", std.lv = TRUE, em.h1.tol = 1e-12, em.h1.iter.max = 5000, ...)
}
plain <- c("ntotal", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr")
robust <- c("chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi.robust", "tli.robust", "rmsea.robust",
  "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")
for (each in plain) shown(each, c(fitMeasures(fitted(three), each), fitMeasures(fitted(one), each)))
alone <- list(fitted(three, estimator = "MLR"), fitted(one, estimator = "MLR"))
joined <- list(fitted(three, estimator = "MLR", cluster = "cluster"), fitted(one, estimator = "MLR", cluster = "cluster"))
for (each in robust) shown(paste(each, "alone"), sapply(alone, fitMeasures, each))
for (each in robust) shown(paste(each, "in clusters"), sapply(joined, fitMeasures, each))
shown("standardised", of(fitted(three))$est.std)
shown("errors, expected of normal answers", of(fitted(three))$se)
shown("errors alone", of(alone[[1]])$se)
shown("errors in clusters", of(joined[[1]])$se)
