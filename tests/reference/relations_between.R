# Two models of tests/reference/test_relations_between.py by lme4, and what follows of them by hand.
#   Rscript relations_between.R <folder>
# reads pairs.csv (outcome, own, other, practitioner, enrolment) and hazard.csv (outcome, withdrawal, confrontation,
# practitioner) in the folder and prints name,value.
suppressMessages(library(lme4))
folder <- commandArgs(trailingOnly = TRUE)[1]
say <- function(name, value) cat(name, ",", format(value, digits = 12), "\n", sep = "")

pairs <- read.csv(file.path(folder, "pairs.csv"))
surface <- lmer(outcome ~ own + other + I(own^2) + I(own * other) + I(other^2) + (1 | practitioner) + (1 | enrolment),
                data = pairs, control = lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12)))
b <- fixef(surface)[-1]
v <- as.matrix(vcov(surface))[-1, -1]
lines <- list(a1 = c(1, 1, 0, 0, 0), a2 = c(0, 0, 1, 1, 1), a3 = c(1, -1, 0, 0, 0), a4 = c(0, 0, 1, -1, 1))
for (name in names(lines)) {
  w <- lines[[name]]
  say(name, sum(w * b))
  say(paste0(name, "_se"), sqrt(drop(t(w) %*% v %*% w)))
}
x0 <- (b[2] * b[4] - 2 * b[1] * b[5]) / (4 * b[3] * b[5] - b[4]^2)
y0 <- (b[1] * b[4] - 2 * b[2] * b[3]) / (4 * b[3] * b[5] - b[4]^2)
p11 <- (b[5] - b[3] + sqrt((b[3] - b[5])^2 + b[4]^2)) / b[4]
say("p11", unname(p11))
say("p10", unname(y0 - p11 * x0))

hazard <- read.csv(file.path(folder, "hazard.csv"))
ends <- glmer(outcome ~ withdrawal + confrontation + (1 | practitioner), data = hazard, nAGQ = 11,
              family = binomial(link = "cloglog"), control = glmerControl(optimizer = "bobyqa"))
say("withdrawal", unname(fixef(ends)["withdrawal"]))
say("confrontation", unname(fixef(ends)["confrontation"]))
