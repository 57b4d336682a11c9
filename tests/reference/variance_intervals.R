# The values of test_variance_intervals.py: profile-likelihood intervals of SDs and of shares of variance, and
# restricted likelihood-ratio tests of random slopes.
#
#     Rscript tests/reference/variance_intervals.R
#
# Needs lme4 (the values are of R 4.2, lme4 1.1-31) and its example data sets; half a minute.
suppressMessages(library(lme4))
options(digits = 10)

sds <- function(model) print(confint(model, parm = "theta_", method = "profile", quiet = TRUE))

# Limits of theta_j^2 / (1 + sum theta^2) by the profile of lme4's own deviance function (ML).
shares <- function(model) {
  model <- refitML(model)
  devfun <- update(model, devFunOnly = TRUE)
  best <- getME(model, "theta")
  least <- devfun(best)
  along <- function(j, share) {
    if (length(best) == 1) return(devfun(sqrt(share / (1 - share))))
    inner <- function(others) {
      theta <- best
      theta[-j] <- others
      theta[j] <- sqrt(share / (1 - share) * (1 + sum(others^2)))
      devfun(theta)
    }
    found <- nlminb(best[-j], inner, lower = 0, control = list(rel.tol = 1e-12))
    found$objective
  }
  for (j in seq_along(best)) {
    here <- best[j]^2 / (1 + sum(best^2))
    root <- function(from, to) uniroot(function(s) along(j, s) - least - qchisq(.95, 1), c(from, to), tol = 1e-10)$root
    low <- if (along(j, 1e-9) - least < qchisq(.95, 1)) 0 else root(1e-9, here)
    cat(names(best)[j], low, root(here, 1 - 1e-6), "\n")
  }
}

slope_test <- function(with, without) {
  statistic <- as.numeric(2 * (logLik(with) - logLik(without)))
  cat("RLRT", statistic, 0.5 * (pchisq(statistic, 1, lower.tail = FALSE) + pchisq(statistic, 2, lower.tail = FALSE)), "\n")
}

intercept <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy)
slope <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
sds(intercept); shares(lmer(Reaction ~ 1 + (1 | Subject), sleepstudy))
sds(slope)
slope_test(slope, intercept)
crossed <- lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin)
sds(crossed); shares(crossed)
nested <- lmer(strength ~ 1 + (1 | batch) + (1 | batch:cask), Pastes)
sds(nested); shares(nested)
counts <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)
sds(counts)
people <- levels(VerbAgg$id)[1:60]
some <- droplevels(subset(VerbAgg, id %in% people))
sds(glmer(r2 ~ Anger + (1 | id) + (1 | item), some, binomial))
some$do <- as.numeric(some$mode == "do")
exact <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-10)
slope_test(
  glmer(r2 ~ Anger + do + (do | id) + (1 | item), some, binomial, control = exact),
  glmer(r2 ~ Anger + do + (1 | id) + (1 | item), some, binomial, control = exact)
)
