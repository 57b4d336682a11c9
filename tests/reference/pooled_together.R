# Several effects pooled together by rma.mv of metafor: Rscript tests/reference/pooled_together.R
# The variance between cohorts is diagonal, by REML; with "few" the second cohort lacks the third effect.
suppressMessages(library(metafor))
options(digits = 10)

show <- function(found) {
  cat("estimate", format(coef(found)), "\n")
  cat("se", format(found$se), "\n")
  cat("tau2", format(found$tau2), "\n")
  cat("loglik", format(as.numeric(logLik(found))), "\n\n")
}

berkey <- dat.berkey1998
V <- bldiag(lapply(split(berkey[c("v1i", "v2i")], berkey$trial), as.matrix))
cat("berkey1998\n")
show(rma.mv(yi, V, mods = ~ outcome - 1, random = ~ outcome | trial, struct = "DIAG", data = berkey,
            control = list(optimizer = "optim", optmethod = "L-BFGS-B", factr = 10)))

y <- rbind(c(.31, .05, -.12), c(.12, .22, .08), c(.45, -.10, .02), c(.20, .15, .30), c(.05, .33, .11))
s <- rbind(c(.10, .12, .09), c(.20, .18, .22), c(.08, .11, .10), c(.15, .14, .13), c(.25, .20, .21))
R <- rbind(c(1, -.2, .2), c(-.2, 1, -.5), c(.2, -.5, 1))
of <- expand.grid(effect = factor(1:3), cohort = 1:5)
of$y <- c(t(y))
V <- bldiag(lapply(1:5, function(i) diag(s[i, ]) %*% R %*% diag(s[i, ])))
cat("few\n")
kept <- !(of$cohort == 2 & of$effect == 3)
show(rma.mv(y, V[kept, kept], mods = ~ effect - 1, random = ~ effect | cohort, struct = "DIAG", data = of[kept, ],
            control = list(optimizer = "optim", optmethod = "L-BFGS-B", factr = 10)))
