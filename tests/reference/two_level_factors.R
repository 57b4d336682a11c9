# What lavaan 0.6.14 says of the answers that tests/reference/test_two_level_factors.py makes:
#   .venv/bin/python tests/reference/test_two_level_factors.py levels > levels.csv
#   .venv/bin/python tests/reference/test_two_level_factors.py edge > edge.csv
#   Rscript tests/reference/two_level_factors.R levels.csv edge.csv
suppressMessages(library(lavaan))
answers <- read.csv(commandArgs(trailingOnly = TRUE)[1])
# lavaan ends its search for the unrestricted covariances when a step gains less than 1e-4 of the log-likelihood,
# whatever em.h1.tol says: too early for four digits of chi-square.
early <- getFromNamespace("lav_mvnorm_cluster_em_sat", "lavaan")
assignInNamespace("lav_mvnorm_cluster_em_sat", function(..., tol, max.iter) early(..., tol = 1e-11, max.iter = 1e5), "lavaan")
shown <- function(name, values) cat(name, ": [", paste(sprintf("%.8f", values), collapse = ", "), "]\n", sep = "")
three <- "a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\nc =~ x7 + x8 + x9"
names <- paste0("x", 1:9)
free <- paste(sapply(1:9, function(i) paste(names[i], "~~", paste(names[i:9], collapse = " + "))), collapse = "\n")
same <- "a =~ l1 * x1 + l2 * x2 + l3 * x3\nb =~ l4 * x4 + l5 * x5 + l6 * x6\nc =~ l7 * x7 + l8 * x8 + l9 * x9"
between <- list(
  saturated = free, one = paste("g =~", paste(names, collapse = " + ")), subscales = three,
  alike = paste(same, paste("a ~~ NA * a\nb ~~ NA * b\nc ~~ NA * c", paste(names, "~~ 0 *", names, collapse = "\n"), sep = "\n"), sep = "\n")
)
measures <- c("ntotal", "logl", "unrestricted.logl", "npar", "chisq", "df", "pvalue", "cfi", "tli", "rmsea",
  "rmsea.ci.lower", "rmsea.ci.upper", "srmr_within", "srmr_between")
for (each in names(between)) {
  within <- if (each == "alike") same else three
  fit <- cfa(paste("level: 1", within, "level: 2", between[[each]], sep = "\n"), answers, cluster = "practitioner",
    std.lv = TRUE)
  shown(paste(each, "measures"), fitMeasures(fit, measures))
  rows <- standardizedSolution(fit)
  level <- cumsum(rows$op == "=~" & rows$rhs == "x1") # the second x1 begins the second level
  if (each == "saturated") level[] <- ifelse(rows$op == "=~" | rows$lhs %in% c("a", "b", "c"), 1, 2)
  kept <- rows$op == "=~" | (rows$op == "~~" & rows$lhs != rows$rhs & rows$lhs %in% c("a", "b", "c"))
  if (each == "alike") kept <- kept & !(rows$op == "=~" & level == 2)
  for (at in 1:2) {
    shown(paste(each, at, "standardised"), rows$est.std[kept & level == at])
    shown(paste(each, at, "errors"), rows$se[kept & level == at])
  }
  if (each == "subscales") shown("icc", lavInspect(fit, "icc"))
}
# Items that practitioners differ in by factors alone: variances at zero (bounds = "pos.ov.var" does not reach the second level)
edge <- read.csv(commandArgs(trailingOnly = TRUE)[2])
assignInNamespace("lav_mvnorm_cluster_em_sat", early, "lavaan") # the search for the unrestricted ones takes hours there
not_negative <- paste(names, "~~ lower(0) *", names, collapse = "\n")
fit <- cfa(paste("level: 1", three, "level: 2", between$one, not_negative, sep = "\n"), edge, cluster = "practitioner", std.lv = TRUE)
shown("edge logl", fitMeasures(fit, "logl"))
rows <- standardizedSolution(fit)
shown("edge standardised", rows$est.std[rows$op == "=~"])
